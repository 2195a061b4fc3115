-- Sequence numbers of banks that were refused: gaps, replays, earlier ones that came late.
select s.bank::text as bank, s.no::text as no, s.seq::text as seq, s.expected::text as expected, s.name,
       case when s.seq > s.expected then 'gap' else 'replay' end as kind,
       to_char(s.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at
  from sequence_refusal s
 where (s.bank, s.no) > (:after_bank::bigint, :after_no::bigint)
 order by s.bank, s.no
 limit :most::bigint;
