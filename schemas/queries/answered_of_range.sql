-- Sent with the name of the part's own table in place of outcome. The last word on each: 1 paid, 2 failed, 3 returned,
-- 4 corrected, 5 paid as people decided.
select o.serial, (case when f.fate = 'paid' then 5 else coalesce(v.kind, o.kind) end)::int,
       coalesce(v.reason, o.reason), coalesce(v.return_no, o.return_no)::bigint
  from outcome o
  left join reversal v on v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
  left join failure_fate f on f.county = o.county and f.serial = o.serial and f.attempt = o.attempt
                          and f.part = o.part
 where o.county = :county::int and o.serial between :first::int and :last::int and o.attempt = 1
 order by o.serial;
