-- The journal entries of one batch: those whose cause names it, and those of the return files that answered it.
select e.county::text as county, e.entry_no::text as entry_no, e.kind::text as entry_kind, e.cause,
       (date '1970-01-01' + e.value_day)::text as value_day,
       to_char(e.known_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as known_at,
       e.lines::text as lines, e.line_total::text as line_total, encode(e.digest, 'hex') as digest,
       coalesce(l.position::text, '') as log_position,
       array_to_string(e.account, ' ') as accounts, array_to_string(e.amount, ' ') as amounts
  from entry e
  left join log_leaf l using (county, entry_no)
 where e.county = :county::text::int
   and split_part(e.cause, ' ', 2) = any (array_append(array(
           select r.return_no::text
             from return_result r
            where r.county = :county::text::int and r.period = :period::text::int and r.batch_no = :batch::text::int
              and r.accepted),
           lpad(:county::text, 6, '0') || '/' || :period::text || '/' || :batch::text))
   and (split_part(e.cause, ' ', 1) = 'batch'
        or (split_part(e.cause, ' ', 1) = 'return' and e.kind in (5, 6, 10, 26)))
 order by e.entry_no;
