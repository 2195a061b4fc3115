-- Each account's debits and credits as of a value day and as known at a moment, in the dimensions that are asked for; of a
-- dimension that is not, all values together. The year is that of the money's fund, else of the month that it is for, else
-- of the value day.
select case when :by_county::boolean then lpad(county::text, 6, '0') else '' end as county,
       case when :by_programme::boolean then programme::text else '' end as programme,
       case when :by_bank::boolean then bank::text else '' end as bank,
       case when :by_source::boolean then source::text else '' end as source,
       case when :by_year::boolean then year::text else '' end as year,
       account::text as account,
       coalesce(sum(amount) filter (where amount > 0), 0)::bigint::text as debit_total,
       coalesce(-sum(amount) filter (where amount < 0), 0)::bigint::text as credit_total
  from (select e.county, e.programme, e.bank, p.source, p.account, p.amount,
               case when p.fund_year > 0 then p.fund_year::int
                    when e.period > 0 then e.period / 100
                    else extract(year from date '1970-01-01' + e.value_day)::int end as year
          from entry e
         cross join lateral unnest(e.account, e.source, e.fund_year, e.amount) as p (account, source, fund_year, amount)
         where e.county between :region_low::int and :region_high::int
           and e.value_day <= :as_of::date - date '1970-01-01' and e.known_at <= :known_at::timestamptz) lines
 group by 1, 2, 3, 4, 5, 6
 order by 1, 6, 2, 3, 4, 5;
