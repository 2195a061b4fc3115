-- Every attempt at one payment: its file, when the bank got and took it, and the bank's last word.
with owed as (
    select u.county, u.period, u.part, u.run_no
      from unit u
      join unit_result r using (run_no, county)
     where u.county = :county::int and u.period = :period::int and u.kind <> 2
       and :serial::int between r.first_serial and r.first_serial + r.payments - 1
), attempts as (
    select 1 as attempt, o.part, b.county, b.period, b.batch_no, :serial::int - b.first_serial + 1 as line
      from owed o
      join batch b on b.run_no = o.run_no and b.county = o.county
                  and :serial::int between b.first_serial and b.first_serial + b.lines - 1
    union all
    select r.attempt, r.part, r.county, r.period, r.batch_no, r.line
      from owed o
      join reissue r on r.county = o.county and r.part = o.part and r.serial = :serial::int
)
select a.attempt::text as attempt, b.run_no::text as run, b.county::text as county, b.period::text as period,
       b.batch_no::text as batch, a.line::text as line, b.bank::text as bank, bank.name as bank_name, b.file_id,
       encode(b.file_digest, 'hex') as file_digest,
       coalesce(d.seq::text, '') as seq,
       coalesce(to_char(d.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as dispatched_at,
       coalesce((select to_char(min(f.at) at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"')
                   from download f
                  where f.county = b.county and f.period = b.period and f.batch_no = b.batch_no), '') as fetched_at,
       coalesce(r.accepted::text, '') as accepted, coalesce(r.reason, '') as receipt_reason,
       coalesce(to_char(r.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as receipt_at,
       case o.kind when 1 then 'paid' when 2 then 'failed' else '' end as outcome,
       case v.kind when 3 then 'returned' when 4 then 'corrected' else '' end as reversed,
       coalesce((date '1970-01-01' + v.value_day)::text, '') as reversed_day, coalesce(v.reason::text, '') as reversed_reason,
       coalesce(case when v.proposal_no is null then v.return_no::text end, '') as reversed_by,
       coalesce(case when v.proposal_no is null then v.line::text end, '') as reversed_line,
       coalesce(fate.fate, '') as ended,
       coalesce(o.reason::text, '') as reason, coalesce(o.amount::text, '') as amount,
       coalesce((date '1970-01-01' + o.value_day)::text, '') as value_day,
       coalesce(o.return_no::text, '') as return_no, coalesce(rf.name, '') as return_file,
       coalesce(encode(rf.digest, 'hex'), '') as return_digest, coalesce(o.line::text, '') as return_line
  from attempts a
  join batch b on b.county = a.county and b.period = a.period and b.batch_no = a.batch_no
  join bank on bank.bank = b.bank
  left join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                      and not exists (select from dispatch later
                                       where later.county = d.county and later.period = d.period
                                         and later.batch_no = d.batch_no and later.round > d.round)
  left join receipt r on r.county = d.county and r.period = d.period and r.batch_no = d.batch_no and r.round = d.round
  left join lateral outcomes_in(a.part, a.county, array[:serial::int]) o on o.attempt = a.attempt
  left join reversal v on v.county = a.county and v.serial = :serial::int and v.attempt = a.attempt and v.part = a.part
  left join failure_fate fate on fate.county = a.county and fate.serial = :serial::int and fate.attempt = a.attempt
                             and fate.part = a.part
  left join return_file rf on rf.return_no = o.return_no
 order by a.attempt;
