-- The totals that balances are read from are those of the entries, account by account, as of each day and as known at each
-- moment.
with by_entries as (
    select county, value_day, known_at, year_of_posting(fund_year, period, value_day) as year, account,
           coalesce(sum(amount) filter (where amount > 0), 0)::bigint as debit,
           coalesce(-sum(amount) filter (where amount < 0), 0)::bigint as credit
      from (select county, period, value_day, known_at, unnest(account) as account, unnest(fund_year) as fund_year,
                   unnest(amount) as amount
              from entry) lines
     group by 1, 2, 3, 4, 5
), by_totals as (
    select county, value_day, known_at, year, account, sum(debit)::bigint as debit, sum(credit)::bigint as credit
      from entry_total
     group by 1, 2, 3, 4, 5
)
select 'account ' || account || ' of ' || lpad(county::text, 6, '0') as place,
       'its totals of ' || (date '1970-01-01' + value_day) || ' are ' || coalesce(t.debit, 0) || ' debit and '
       || coalesce(t.credit, 0) || ' credit, its entries make ' || coalesce(e.debit, 0) || ' and '
       || coalesce(e.credit, 0) as what
  from by_entries e
  full join by_totals t using (county, value_day, known_at, year, account)
 where (e.debit, e.credit) is distinct from (t.debit, t.credit)
 order by county, account, value_day, known_at;
