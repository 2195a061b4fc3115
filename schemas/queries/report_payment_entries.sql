-- The journal entries about the batches of one payment's attempts: those whose cause names the batch, those of the return
-- files that answered it, and those of what people decided about the payment. Each name is looked up by itself, behind a
-- fence: a county has many entries. `references`: of the attempts, in their order.
with owed as (
    select u.county, u.period, u.part, u.run_no
      from unit u
      join unit_result r using (run_no, county)
     where u.county = :county::int and u.period = :period::int and u.kind <> 2
       and :serial::int between r.first_serial and r.first_serial + r.payments - 1
), attempts as (
    select 1 as attempt, b.county, b.period, b.batch_no
      from owed o
      join batch b on b.run_no = o.run_no and b.county = o.county
                  and :serial::int between b.first_serial and b.first_serial + b.lines - 1
    union all
    select r.attempt, r.county, r.period, r.batch_no
      from owed o
      join reissue r on r.county = o.county and r.part = o.part and r.serial = :serial::int
), named as materialized (
    select a.attempt, 'batch' as what, lpad(a.county::text, 6, '0') || '/' || a.period || '/' || a.batch_no as name
      from attempts a
    union all
    select a.attempt, 'return', r.return_no::text
      from attempts a
      join lateral (select return_no
                      from return_result
                     where county = a.county and period = a.period and batch_no = a.batch_no and accepted
                    offset 0) r on true
    union all
    -- What people decided about the attempt itself: its cause names it.
    select a.attempt, w.what, (:references::text[])[a.attempt]
      from attempts a
     cross join (values ('failure'), ('returned')) as w (what)
)
select e.county::text as county, e.entry_no::text as entry_no, e.kind::text as entry_kind, e.cause,
       (date '1970-01-01' + e.value_day)::text as value_day,
       to_char(e.known_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as known_at,
       e.lines::text as lines, e.line_total::text as line_total, encode(e.digest, 'hex') as digest,
       coalesce(l.position::text, '') as log_position,
       array_to_string(e.account, ' ') as accounts, array_to_string(e.amount, ' ') as amounts
  from named n
  join lateral (select *
                  from entry
                 where county = :county::int and split_part(cause, ' ', 2) = n.name
                   and split_part(cause, ' ', 1) = n.what
                   and (n.what <> 'return' or kind in (5, 6, 10, 26))
                offset 0) e on true
  left join log_leaf l on l.county = e.county and l.entry_no = e.entry_no
 order by n.attempt, e.entry_no;
