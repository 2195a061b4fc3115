-- Each account's balance by county, programme, bank, source, year and purpose, as of a value day and as known at a moment.
-- The year is that of the money's fund, else of the month that it is for, else of the value day.
select e.county::text as county, e.programme::text as programme, e.bank::text as bank, p.source::text as source,
       (case when p.fund_year > 0 then p.fund_year::int
             when e.period > 0 then e.period / 100
             else extract(year from date '1970-01-01' + e.value_day)::int end)::text as year, p.purpose::text as purpose,
       p.account::text as account, sum(p.amount) filter (where p.amount > 0)::text as debit_total,
       (-sum(p.amount) filter (where p.amount < 0))::text as credit_total, sum(p.amount)::text as balance_total
  from entry e
 cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount) as p (account, source, fund_year, purpose, amount)
 where e.county between :region_low::int and :region_high::int
   and e.value_day <= :as_of::date - date '1970-01-01' and e.known_at <= :known_at::timestamptz
 group by 1, 2, 3, 4, 5, 6, 7
 order by 1, 7, 2, 3, 4, 5, 6;
