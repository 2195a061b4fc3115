-- How well one run was paid, by bank: how many at the first attempt, how many by now, the whole amount or not, and how
-- many days from the file to the credit.
with sent as (
    select b.county, b.period, b.batch_no, b.bank, b.part, b.first_serial, b.lines, b.total,
           (select min(d.at) from dispatch d
             where d.county = b.county and d.period = b.period and d.batch_no = b.batch_no) as at
      from batch b
     where b.run_no = :run::int and b.first_serial is not null
       and b.county between :region_low::int and :region_high::int
), words as (
    select s.bank, o.amount, o.kind = 1 and v.county is null as first_pass,
           date '1970-01-01' + o.value_day - (s.at at time zone 'Asia/Shanghai')::date as days
      from sent s
      join outcome o on o.county = s.county and o.part = s.part and o.attempt = 1
                    and o.serial between s.first_serial and s.first_serial + s.lines - 1
      left join reversal v on v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
), later as (
    select s.bank, count(*) as payments, sum(o.amount) as total
      from sent s
      join outcome o on o.county = s.county and o.part = s.part and o.attempt > 1 and o.kind = 1
                    and o.serial between s.first_serial and s.first_serial + s.lines - 1
      left join reversal v on v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
     where v.county is null
     group by s.bank
), owed as (
    select bank, sum(lines) as payments, sum(total) as total from sent group by bank
), first as (
    select bank, count(*) filter (where first_pass) as payments, coalesce(sum(amount) filter (where first_pass), 0) as total,
           coalesce(max(days) filter (where first_pass), 0) as slowest,
           coalesce(percentile_disc(0.5) within group (order by days) filter (where first_pass), 0) as median
      from words
     group by bank
)
select o.bank::text as bank, bank.name as bank_name, o.payments::text as payments, o.total::text as total,
       coalesce(f.payments, 0)::text as paid_at_first, (coalesce(f.payments, 0) * 10000 / o.payments)::text as first_pass_per_10000,
       (coalesce(f.payments, 0) + coalesce(l.payments, 0))::text as paid,
       (coalesce(f.total, 0) + coalesce(l.total, 0))::text as paid_total,
       (o.total = coalesce(f.total, 0) + coalesce(l.total, 0))::text as in_full,
       coalesce(f.median, 0)::text as median_days, coalesce(f.slowest, 0)::text as slowest_days
  from owed o
  join bank using (bank)
  left join first f using (bank)
  left join later l using (bank)
 order by o.bank;
