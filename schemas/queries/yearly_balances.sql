-- What stands on income, expenditure, write-offs and prior-year adjustments by the last day of a year, by fund.
select p.account, p.source, p.fund_year, p.purpose, sum(p.amount)::bigint
  from entry e
 cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount) as p (account, source, fund_year, purpose, amount)
 where e.county = :county::int and e.value_day < make_date(:year::int + 1, 1, 1) - date '1970-01-01'
   and p.account in (3002, 4001, 4002, 4003, 4004, 5001, 5002, 5099)
 group by p.account, p.source, p.fund_year, p.purpose
having sum(p.amount) <> 0
 order by p.account, p.source, p.fund_year, p.purpose;
