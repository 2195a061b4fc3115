-- Money that waits, by account, bank and reason, and for how many days: at a bank without a final word (2102), failed or
-- returned and not tried again (2111), credits of which nobody has said whose they are (2112), and what was paid too much
-- and is owed back (1211, of no bank), and what a bank has to give back (1213). The buckets end after 1, 3, 7, 30 and 90 days;
-- what waits longer than the deadline of its account is overdue.
with deadlines (account, due_days) as (
    values (2102, :in_transit_days::int), (2111, :returned_days::int), (2112, :unidentified_days::int),
           (1211, :recoverable_days::int), (1213, :claim_days::int)
), sent as (
    select b.county, b.period, b.batch_no, b.bank, b.part, b.first_serial, b.lines, b.total, d.at
      from dispatch d
      join batch b using (county, period, batch_no)
      left join receipt r using (county, period, batch_no, round)
     where b.county between :region_low::int and :region_high::int and r.accepted is distinct from false
       and not exists (select from dispatch later
                        where later.county = d.county and later.period = d.period and later.batch_no = d.batch_no
                          and later.round > d.round)
), items as (
    select 2102 as account, s.bank, '' as reason, (today() - (s.at at time zone 'Asia/Shanghai')::date) as days,
           s.lines - o.lines as payments, s.total - o.total as total
      from sent s
     cross join lateral (select count(*)::int as lines, coalesce(sum(o.amount), 0) as total
                           from outcome o
                          where o.county = s.county and o.part = s.part and o.attempt = 1
                            and o.serial between s.first_serial and s.first_serial + s.lines - 1) o
     where s.first_serial is not null and s.lines > o.lines
    union all
    select 2102, s.bank, '', (today() - (s.at at time zone 'Asia/Shanghai')::date), 1, n.amount
      from sent s
      join reissue n using (county, period, batch_no)
      left join outcome o on o.county = n.county and o.serial = n.serial and o.attempt = n.attempt and o.part = n.part
     where s.first_serial is null and o.county is null
    union all
    select 2111, f.bank, f.reason::text, today() - (date '1970-01-01' + f.value_day), 1, f.amount
      from failure f
      left join failure_fate fate
        on fate.county = f.county and fate.serial = f.serial and fate.attempt = f.attempt and fate.part = f.part
     where f.county between :region_low::int and :region_high::int and fate.county is null
    union all
    select 2112, k.bank, k.kind, today() - (k.at at time zone 'Asia/Shanghai')::date, 1, k.amount
      from break k
      left join break_resolution e using (county, break_no)
     where k.county between :region_low::int and :region_high::int and k.kind = 'unidentified-credit'
       and e.county is null
    union all
    select 1213, k.bank, k.kind, today() - (e.at at time zone 'Asia/Shanghai')::date, 1,
           k.amount - coalesce((select sum(c.amount)
                                  from claim_repayment c
                                 where c.county = k.county and c.claim_no = k.break_no), 0)
      from break k
      join break_resolution e using (county, break_no)
     where k.county between :region_low::int and :region_high::int and e.resolution = 'claim-from-bank'
       and k.amount > coalesce((select sum(c.amount)
                                  from claim_repayment c
                                 where c.county = k.county and c.claim_no = k.break_no), 0)
    union all
    select 1211, 0::smallint, case r.origin when 1 then 'difference' when 2 then 'double-payment' when 3 then 'death' when 4 then 'other' else 'transferred' end, today() - (date '1970-01-01' + r.found_day), 1,
           coalesce(l.owed_after, r.amount)
      from receivable r
      left join lateral (select c.owed_after
                           from recovery c
                          where c.county = r.county and c.receivable_no = r.receivable_no
                          order by c.step desc
                          limit 1) l on true
     where r.county between :region_low::int and :region_high::int and coalesce(l.owed_after, r.amount) > 0
)
select i.account::text as account, i.bank::text as bank, coalesce(bank.name, '') as bank_name, i.reason, b.bucket as days,
       sum(i.payments)::text as payments, sum(i.total)::text as total, max(i.days)::text as oldest,
       d.due_days::text as due_days, coalesce(sum(i.payments) filter (where i.days > d.due_days), 0)::text as overdue,
       coalesce(sum(i.total) filter (where i.days > d.due_days), 0)::text as overdue_total
  from items i
  join deadlines d using (account)
  left join bank using (bank)
 cross join lateral (select case when i.days <= 1 then '0-1' when i.days <= 3 then '2-3' when i.days <= 7 then '4-7'
                                 when i.days <= 30 then '8-30' when i.days <= 90 then '31-90' else '91-' end as bucket,
                            width_bucket(i.days, array[2, 4, 8, 31, 91]) as place) b
 group by i.account, i.bank, bank.name, i.reason, b.bucket, b.place, d.due_days
 order by i.account, i.bank, i.reason, b.place;
