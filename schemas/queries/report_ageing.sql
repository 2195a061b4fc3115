-- Money that waits, by account, bank and reason, and for how many days: at a bank without a final word (2102), failed or
-- returned and not tried again (2111). The buckets end after 1, 3, 7, 30 and 90 days.
with sent as (
    select b.county, b.period, b.batch_no, b.bank, b.part, b.first_serial, b.lines, b.total, d.at
      from dispatch d
      join batch b using (county, period, batch_no)
      left join receipt r using (county, period, batch_no, round)
     where b.county between :region_low::int and :region_high::int and r.accepted is distinct from false
       and not exists (select from dispatch later
                        where later.county = d.county and later.period = d.period and later.batch_no = d.batch_no
                          and later.round > d.round)
), items as (
    select 2102 as account, s.bank, 0 as reason, (current_date - (s.at at time zone 'Asia/Shanghai')::date) as days,
           s.lines - o.lines as payments, s.total - o.total as total
      from sent s
     cross join lateral (select count(*)::int as lines, coalesce(sum(o.amount), 0) as total
                           from outcome o
                          where o.county = s.county and o.part = s.part and o.attempt = 1
                            and o.serial between s.first_serial and s.first_serial + s.lines - 1) o
     where s.first_serial is not null and s.lines > o.lines
    union all
    select 2102, s.bank, 0, (current_date - (s.at at time zone 'Asia/Shanghai')::date), 1, n.amount
      from sent s
      join reissue n using (county, period, batch_no)
      left join outcome o on o.county = n.county and o.serial = n.serial and o.attempt = n.attempt and o.part = n.part
     where s.first_serial is null and o.county is null
    union all
    select 2111, f.bank, f.reason, current_date - (date '1970-01-01' + f.value_day), 1, f.amount
      from failure f
      left join failure_fate fate
        on fate.county = f.county and fate.serial = f.serial and fate.attempt = f.attempt and fate.part = f.part
     where f.county between :region_low::int and :region_high::int and fate.county is null
)
select i.account::text as account, i.bank::text as bank, bank.name as bank_name,
       case when i.account = 2102 then '' else i.reason::text end as reason, b.bucket as days,
       sum(i.payments)::text as payments, sum(i.total)::text as total, max(i.days)::text as oldest
  from items i
  join bank using (bank)
 cross join lateral (select case when i.days <= 1 then '0-1' when i.days <= 3 then '2-3' when i.days <= 7 then '4-7'
                                 when i.days <= 30 then '8-30' when i.days <= 90 then '31-90' else '91-' end as bucket,
                            width_bucket(i.days, array[2, 4, 8, 31, 91]) as place) b
 group by i.account, i.bank, bank.name, i.reason, b.bucket, b.place
 order by i.account, i.bank, i.reason, b.place;
