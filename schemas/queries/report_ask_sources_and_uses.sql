-- Where the money came from, by document, and what became of it, by account (资金收支): as of a value day and as known.
select e.county::text as county, (date '1970-01-01' + e.value_day)::text as value_day,
       e.kind::text as entry_kind, e.cause, p.account::text as account, p.source::text as source, p.fund_year::text as fund_year, p.purpose::text as purpose,
       p.amount::text as amount
  from entry e
 cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount)
       as p (account, source, fund_year, purpose, amount)
 where e.county between :region_low::int and :region_high::int and e.kind = 1 and p.amount < 0
   and e.value_day <= :as_of::date - date '1970-01-01'
union all
select e.county::text, '', e.kind::text, 'all of programme ' || e.programme, p.account::text, p.source::text,
       p.fund_year::text, p.purpose::text, sum(p.amount)::text
  from entry e
 cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount)
       as p (account, source, fund_year, purpose, amount)
 where e.county between :region_low::int and :region_high::int and e.kind <> 1
   and p.account in (1211, 2121, 3002, 5001, 5002, 5099) and e.value_day <= :as_of::date - date '1970-01-01'
 group by e.county, e.kind, e.programme, p.account, p.source, p.fund_year, p.purpose
 order by 1, 5, 6, 7, 8, 2, 4;
