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
    -- What was said to be paid only later, by the bank or by people, is paid, but not at the first attempt.
    select s.bank, a.amount, a.attempt = 1 and a.kind = 1 as first_pass,
           date '1970-01-01' + a.value_day - (s.at at time zone 'Asia/Shanghai')::date as days
      from sent s
      join arrived a on a.county = s.county and a.part = s.part
                    and a.serial between s.first_serial and s.first_serial + s.lines - 1
), owed as (
    select bank, sum(lines) as payments, sum(total) as total from sent group by bank
), paid as (
    select bank, count(*) as payments, sum(amount) as total, count(*) filter (where first_pass) as first,
           coalesce(max(days) filter (where first_pass), 0) as slowest,
           coalesce(percentile_disc(0.5) within group (order by days) filter (where first_pass), 0) as median
      from words
     group by bank
)
select o.bank::text as bank, bank.name as bank_name, o.payments::text as payments, o.total::text as total,
       coalesce(p.first, 0)::text as paid_at_first, (coalesce(p.first, 0) * 10000 / o.payments)::text as first_pass_per_10000,
       coalesce(p.payments, 0)::text as paid, coalesce(p.total, 0)::text as paid_total,
       (o.total = coalesce(p.total, 0))::text as in_full,
       coalesce(p.median, 0)::text as median_days, coalesce(p.slowest, 0)::text as slowest_days
  from owed o
  join bank using (bank)
  left join paid p using (bank)
 order by o.bank;
