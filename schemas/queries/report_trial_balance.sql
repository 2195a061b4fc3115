-- Each account's debits and credits as of a value day and as known at a moment, for each county and year where they are
-- asked for. From the totals of what was posted together: of ten million payments there are some fifty thousand entries,
-- and some five thousand totals.
select case when :by_county::boolean then lpad(county::text, 6, '0') else '' end as county, '' as programme, '' as bank,
       '' as source, case when :by_year::boolean then year::text else '' end as year,
       account::text as account, debit::text as debit_total, credit::text as credit_total
  from (select case when :by_county::boolean then county else 0 end as county,
               case when :by_year::boolean then year else 0 end as year,
               account, sum(debit)::bigint as debit, sum(credit)::bigint as credit
          from entry_total
         where county between :region_low::int and :region_high::int
           and value_day <= :as_of::date - date '1970-01-01' and known_at <= :known_at::timestamptz
         group by 1, 2, 3) balances
 order by 1, account, 5;
