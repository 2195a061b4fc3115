select act_no
  from act
 where (kind in ('run-created', 'run-past', 'run-screened') and text like kind || '|' || :run_no::text || '|%')
    or (kind in ('unit-computed', 'approval') and county = :county::int
        and text like kind || '|' || :run_no::text || '|' || lpad(:county::text, 6, '0') || '|%')
    or (kind = 'receipt' and county = :county::int and text like 'receipt|' || :file_id::text || '|%')
    or (kind in ('return-received', 'return-posted') and text like kind || '|' || :return_no::text || '|%')
 order by act_no;
