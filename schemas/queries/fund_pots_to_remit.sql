-- What one county owes the treasury (2121), by fund.
select p.source, p.fund_year, p.purpose, (-sum(p.amount))::bigint
  from entry e
 cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount) as p (account, source, fund_year, purpose, amount)
 where e.county = :county::int and p.account = 2121
 group by 1, 2, 3
having sum(p.amount) <> 0
 order by 1, 2, 3;
