-- The same in any dimensions, from the entries themselves; of a dimension that is not asked for, all values together. Arrays
-- are opened beside each other and summed as numbers.
select case when :by_county::boolean then lpad(county::text, 6, '0') else '' end as county,
       case when :by_programme::boolean then programme::text else '' end as programme,
       case when :by_bank::boolean then bank::text else '' end as bank,
       case when :by_source::boolean then source::text else '' end as source,
       case when :by_year::boolean then year::text else '' end as year,
       account::text as account, debit::text as debit_total, credit::text as credit_total
  from (select case when :by_county::boolean then county else 0 end as county,
               case when :by_programme::boolean then programme else 0::smallint end as programme,
               case when :by_bank::boolean then bank else 0::smallint end as bank,
               case when :by_source::boolean then source else 0::smallint end as source,
               case when :by_year::boolean then year_of_posting(fund_year, period, value_day) else 0 end as year,
               account, coalesce(sum(amount) filter (where amount > 0), 0)::bigint as debit,
               coalesce(-sum(amount) filter (where amount < 0), 0)::bigint as credit
          from (select county, programme, bank, period, value_day, unnest(account) as account, unnest(source) as source,
                       unnest(fund_year) as fund_year, unnest(amount) as amount
                  from entry
                 where county between :region_low::int and :region_high::int
                   and value_day <= :as_of::date - date '1970-01-01' and known_at <= :known_at::timestamptz) lines
         group by 1, 2, 3, 4, 5, 6) balances
 order by 1, account, 2, 3, 4, 5;
