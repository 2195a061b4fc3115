-- Relief money of each year (purposes relief and children) and what of it was used for services and not for benefits.
with relief as (
    select e.county, a.year::int as year, sum(p.amount) as received
      from entry e
      cross join lateral unnest(e.account, e.amount) as p (account, amount)
      join allotment a on a.county = e.county and a.document = split_part(substr(e.cause, 10), ' receipt ', 1)
     where e.county between :region_low::int and :region_high::int and e.kind = 1 and p.account = 1002
       and a.purpose in (2, 3)
     group by e.county, a.year
), services as (
    select e.county, split_part(e.cause, ' ', 2)::int as year, -sum(p.amount) as used
      from entry e
      cross join lateral unnest(e.account, e.amount) as p (account, amount)
     where e.county between :region_low::int and :region_high::int and e.kind = 32 and p.account = 1002
     group by e.county, split_part(e.cause, ' ', 2)
)
select county::text as county, year::text as year, coalesce(received, 0)::text as relief_total,
       coalesce(used, 0)::text as services_total
  from relief
  full join services using (county, year)
 order by county, year;
