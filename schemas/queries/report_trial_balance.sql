-- Each account's debits and credits as of a value day and as known at a moment, in the dimensions that are asked for; of a
-- dimension that is not, all values together. The year is that of the money's fund, else of the month that it is for, else
-- of the value day. Arrays are opened beside each other and summed as numbers: of ten million payments there are some fifty
-- thousand entries.
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
               case when not :by_year::boolean then 0
                    when fund_year > 0 then fund_year::int
                    when period > 0 then period / 100
                    else extract(year from date '1970-01-01' + value_day)::int end as year,
               account, coalesce(sum(amount) filter (where amount > 0), 0)::bigint as debit,
               coalesce(-sum(amount) filter (where amount < 0), 0)::bigint as credit
          from (select county, programme, bank, period, value_day, unnest(account) as account, unnest(source) as source,
                       unnest(fund_year) as fund_year, unnest(amount) as amount
                  from entry
                 where county between :region_low::int and :region_high::int
                   and value_day <= :as_of::date - date '1970-01-01' and known_at <= :known_at::timestamptz) lines
         group by 1, 2, 3, 4, 5, 6) balances
 order by 1, account, 2, 3, 4, 5;
