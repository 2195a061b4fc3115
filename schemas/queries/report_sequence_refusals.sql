-- Sequence numbers of banks that were refused: gaps, replays, earlier ones that came late.
select bank::text as bank, seq::text as seq, expected::text as expected, name,
       case when seq > expected then 'gap' else 'replay' end as kind,
       to_char(at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at
  from sequence_refusal
 order by bank, no;
