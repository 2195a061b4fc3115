-- What a county has received, by the purpose that its documents name; money without a recorded allotment is general.
select coalesce(a.purpose, 1)::text as purpose,
       coalesce(sum(p.amount) filter (where p.source = 1), 0)::text as central_total,
       coalesce(sum(p.amount) filter (where p.source = 2), 0)::text as province_total,
       coalesce(sum(p.amount) filter (where p.source = 3), 0)::text as prefecture_total,
       coalesce(sum(p.amount) filter (where p.source = 4), 0)::text as own_total
  from entry e
  cross join lateral unnest(e.account, e.source, e.amount) as p (account, source, amount)
  left join allotment a on a.county = e.county and a.document = split_part(substr(e.cause, 10), ' receipt ', 1)
 where e.county = :county::int and e.kind = 1 and p.account = 1002
 group by coalesce(a.purpose, 1)
 order by coalesce(a.purpose, 1);
