-- What is left of a county's recorded money, by the purpose and fiscal year that its documents name: what stands on the
-- special account, less what is promised to units that are checked and neither sent nor withdrawn. A county that has
-- recorded money has a row for each of its pots, whatever is left.
with moved as (
    select e.kind, e.cause, p.account, p.source, p.fund_year, p.purpose, p.amount
      from entry e
     cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount) as p (account, source, fund_year, purpose, amount)
     where e.county = :county::int and p.source > 0
), left_over as (
    select source, fund_year, purpose, sum(amount) as amount from moved where account = 1002 group by 1, 2, 3
    union all
    -- Promised: owed by a check (2), less withdrawn (11) and sent on to the agency bank for the first time (3).
    select source, fund_year, purpose, -sum(amount) from moved where kind = 2 and account = 5001 group by 1, 2, 3
    union all
    select source, fund_year, purpose, -sum(amount)
      from moved
     where kind = 11 and account = 5001 and cause like 'batch %'
     group by 1, 2, 3
    union all
    select source, fund_year, purpose, sum(amount)
      from moved
     where kind = 3 and account = 1003 and position(' from bank ' in cause) = 0
     group by 1, 2, 3
)
select purpose::text as purpose, fund_year::text as year,
       coalesce(sum(amount) filter (where source = 1), 0)::text as central_total,
       coalesce(sum(amount) filter (where source = 2), 0)::text as province_total,
       coalesce(sum(amount) filter (where source = 3), 0)::text as prefecture_total,
       coalesce(sum(amount) filter (where source = 4), 0)::text as own_total
  from left_over
 group by purpose, fund_year
 order by purpose, fund_year;
