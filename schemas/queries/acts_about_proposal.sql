select act_no
  from act
 where kind in ('proposed', 'answered') and text like kind || '|' || :proposal_no::text || '|%'
 order by act_no;
