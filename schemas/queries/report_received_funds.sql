-- The years and purposes under which money of one document was received.
select distinct p.fund_year::text as year, p.purpose::text as purpose
  from entry e
 cross join lateral unnest(e.account, e.fund_year, e.purpose) as p (account, fund_year, purpose)
 where e.county = :county::int and e.kind = 1 and p.account = 1002
   and split_part(substr(e.cause, 10), ' receipt ', 1) = :document::text
 order by 1, 2;
