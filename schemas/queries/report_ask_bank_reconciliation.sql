-- 余额调节表: from the last statement of each transit account up to a day to what the books say of that day, item by item:
-- closing balance = book balance + what the bank has credited and the books have not - what it has debited and the books have not
-- + what the books call paid and no line has debited yet + what nothing explains.
with last as (
    select distinct on (s.county, s.bank, r.account_tag) s.county, s.bank, r.account_tail, r.last_day, r.closing
      from statement s
      join statement_result r using (statement_no)
     where r.accepted and r.is_final and s.county between :region_low::int and :region_high::int
       and r.last_day <= :as_of::date - date '1970-01-01'
     order by s.county, s.bank, r.account_tag, r.last_day desc
), accounts as (
    select county, bank, string_agg('…' || account_tail, ' ' order by account_tail) as account, max(last_day) as last_day,
           sum(closing) as closing
      from last
     group by county, bank
), known as (
    select county, bank, min(r.first_day) as first_day
      from statement s
      join statement_result r using (statement_no)
     where r.accepted and r.is_final and county between :region_low::int and :region_high::int
     group by county, bank
), books as (
    select a.county, a.bank, coalesce(sum(p.amount), 0) as balance
      from accounts a
      left join entry e on e.county = a.county and e.bank = a.bank and e.value_day <= a.last_day
      left join lateral unnest(e.account, e.amount) as p (account, amount) on p.account = 1003
     group by a.county, a.bank
), open_lines as (
    select a.county, a.bank, l.is_credit, l.amount, l.value_day, s.name || ' line ' || l.line as what
      from accounts a
      join statement s on s.county = a.county and s.bank = a.bank
      join statement_result r using (statement_no)
      join statement_line l using (statement_no)
     where r.accepted and l.value_day <= a.last_day
       and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
       -- A break whose money came in is on the books as unidentified; the others are not until they are resolved.
       and not exists (select
                         from break k
                        where k.statement_no = l.statement_no and k.line = l.line
                          and (k.kind = 'unidentified-credit'
                               or exists (select from break_resolution v where v.county = k.county and v.break_no = k.break_no)))
), not_debited as (
    select a.county, a.bank, sum(o.amount) as amount, min(o.value_day) as value_day, b.file_id || ' by ' || rf.name as what
      from accounts a
      join known n on n.county = a.county and n.bank = a.bank
      join batch b on b.county = a.county and b.bank = a.bank
      join return_result r on r.county = b.county and r.period = b.period and r.batch_no = b.batch_no and r.accepted
      join return_file rf using (return_no)
      join outcome o on o.county = r.county and o.return_no = r.return_no and o.kind = 1
     where o.value_day between n.first_day and a.last_day
       and not exists (select from statement_answer w where w.return_no = r.return_no and w.fit = 4)
       and not exists (select
                         from statement_fit f
                        where f.county = b.county and f.period = b.period and f.batch_no = b.batch_no and f.fit = 3)
       and not exists (select
                         from statement_fit f
                        where f.county = o.county and f.serial = o.serial and f.attempt = o.attempt and f.part = o.part
                          and f.fit = 1)
       and not exists (select
                         from reversal v
                        where v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
                          and v.kind = 4)
     group by a.county, a.bank, b.file_id, rf.name
), items as (
    select county, bank, 1 as item_no, 'book-balance' as item, '' as what, last_day as day, balance as amount
      from books
      join accounts using (county, bank)
    union all
    select county, bank, case when is_credit then 2 else 3 end,
           case when is_credit then 'credited-not-on-books' else 'debited-not-on-books' end, what, value_day,
           case when is_credit then amount else -amount end
      from open_lines
    union all
    select county, bank, 4, 'paid-not-debited', what, value_day, amount from not_debited
), explained as (
    select * from items
    union all
    select a.county, a.bank, 5, 'unexplained', '', a.last_day, a.closing - sum(i.amount)
      from accounts a
      join items i using (county, bank)
     group by a.county, a.bank, a.last_day, a.closing
    union all
    select county, bank, 6, 'closing-balance', account, last_day, closing from accounts
)
select county::text as county, bank::text as bank, item, what, (date '1970-01-01' + day)::text as value_day,
       amount::text as amount
  from explained
 order by explained.county, explained.bank, item_no, day, what;
