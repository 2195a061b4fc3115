-- What one period owes (units that were cancelled owe nothing) and what became of it, by programme and the bank that was first to pay. Every payment is
-- counted once: unsent, refused (the bank refused the whole file), paid, failed (nothing followed its last failure),
-- cancelled (no longer owed) or in transit (the rest: at the bank, or re-issued and not answered).
with batches as (
    select b.county, b.part, b.bank, b.programme, b.first_serial, b.lines, b.total,
           d.seq is null as unsent, coalesce(not r.accepted, false) as refused
      from batch b
      join unit u using (run_no, county)
      left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                           and f.generation = u.generation
      left join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                          and not exists (select from dispatch later
                                           where later.county = d.county and later.period = d.period
                                             and later.batch_no = d.batch_no and later.round > d.round)
      left join receipt r on r.county = d.county and r.period = d.period and r.batch_no = d.batch_no
                         and r.round = d.round
     where b.period = :period::int and b.county between :region_low::int and :region_high::int
       and b.first_serial is not null and f.fate is distinct from 'cancelled'
), answers as (
    select b.programme, b.bank,
           count(*) filter (where paid) as paid, sum(o.amount) filter (where paid) as paid_total,
           count(*) filter (where open) as failed, sum(o.amount) filter (where open) as failed_total,
           count(*) filter (where f.fate = 'cancelled') as cancelled,
           sum(o.amount) filter (where f.fate = 'cancelled') as cancelled_total
      from batches b
      join outcome o on o.county = b.county and o.part = b.part
                    and o.serial between b.first_serial and b.first_serial + b.lines - 1
      left join reversal v on v.county = o.county and v.serial = o.serial and v.attempt = o.attempt
                          and v.part = o.part
      left join failure_fate f on f.county = o.county and f.serial = o.serial and f.attempt = o.attempt
                              and f.part = o.part
     cross join lateral (select coalesce(f.fate, '') = 'paid' or (o.kind = 1 and v.county is null) as paid,
                                f.county is null and (o.kind = 2 or v.county is not null) as open) state
     group by b.programme, b.bank
), sent as (
    select programme, bank, sum(lines) as payments, sum(total) as total,
           coalesce(sum(lines) filter (where unsent), 0) as unsent,
           coalesce(sum(total) filter (where unsent), 0) as unsent_total,
           coalesce(sum(lines) filter (where refused), 0) as refused,
           coalesce(sum(total) filter (where refused), 0) as refused_total
      from batches
     group by programme, bank
)
select s.programme::text as programme, s.bank::text as bank, bank.name as bank_name,
       s.payments::text as payments, s.total::text as total,
       s.unsent::text as unsent, s.unsent_total::text as unsent_total,
       s.refused::text as refused, s.refused_total::text as refused_total,
       (s.payments - s.unsent - s.refused - coalesce(a.paid, 0) - coalesce(a.failed, 0)
           - coalesce(a.cancelled, 0))::text as in_transit,
       (s.total - s.unsent_total - s.refused_total - coalesce(a.paid_total, 0) - coalesce(a.failed_total, 0)
           - coalesce(a.cancelled_total, 0))::text
           as in_transit_total,
       coalesce(a.paid, 0)::text as paid, coalesce(a.paid_total, 0)::text as paid_total,
       coalesce(a.failed, 0)::text as failed, coalesce(a.failed_total, 0)::text as failed_total,
       coalesce(a.cancelled, 0)::text as cancelled, coalesce(a.cancelled_total, 0)::text as cancelled_total
  from sent s
  join bank using (bank)
  left join answers a using (programme, bank)
 order by s.programme, s.bank;
