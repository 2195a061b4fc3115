select r.line, (case when f.fate = 'paid' then 5 else coalesce(v.kind, o.kind) end)::int,
       coalesce(v.reason, o.reason), coalesce(v.return_no, o.return_no)::bigint
  from reissue r
  join outcome o on o.county = r.county and o.serial = r.serial and o.attempt = r.attempt and o.part = r.part
  left join reversal v on v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
  left join failure_fate f on f.county = o.county and f.serial = o.serial and f.attempt = o.attempt
                          and f.part = o.part
 where r.county = :county::int and r.period = :period::int and r.batch_no = :batch_no::int
   and r.line between :first::int and :last::int
 order by r.line;
