-- What each transit account holds by its last statement, and by the books (银行余额调节表).
with last as (
    select distinct on (s.county, s.bank, r.account_tag) s.county, s.bank, r.account_tail, r.last_day, r.closing, r.counties
      from statement s
      join statement_result r using (statement_no)
     where r.accepted and r.is_final and s.county between :region_low::int and :region_high::int
     order by s.county, s.bank, r.account_tag, r.last_day desc
), accounts as (
    select county, bank, string_agg('…' || account_tail, ' ') as account, max(last_day) as last_day, sum(closing) as closing,
           array(select distinct c from last l cross join unnest(l.counties) c where l.county = last.county and l.bank = last.bank) as counties
      from last
     group by county, bank
), books as (
    select a.county, a.bank, sum(p.amount) as balance
      from accounts a
      join entry e on e.county = any (a.counties) and e.bank = a.bank
     cross join lateral unnest(e.account, e.amount) as p (account, amount)
     where p.account = 1003
     group by a.county, a.bank
)
select a.county::text as county, a.bank::text as bank, bank.name as bank_name, a.account,
       (date '1970-01-01' + a.last_day)::text as last_day, a.closing::text as closing_total,
       coalesce(b.balance, 0)::text as book_total, (coalesce(b.balance, 0) - a.closing)::text as difference_total
  from accounts a
  join bank using (bank)
  left join books b using (county, bank)
 order by a.county, a.bank;
