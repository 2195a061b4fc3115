-- What is not finished of a county and belongs to periods up to one month: batches that are checked and not sent, or sent
-- and not answered line by line; failures that nothing followed; breaks; lines of statements that wait; claims on banks; receivables.
with stages as (
    select b.county, b.period, b.batch_no, b.file_id, b.total, s3.step is not null as is_released,
           coalesce(not r.accepted, false) as is_refused,
           (select coalesce(sum(w.paid_total + w.failed_total), 0)
              from return_result w
             where w.county = b.county and w.period = b.period and w.batch_no = b.batch_no and w.accepted) as answered
      from batch b
      join unit_step s2 on s2.run_no = b.run_no and s2.county = b.county and s2.step = 2
      left join unit_step s3 on s3.run_no = b.run_no and s3.county = b.county and s3.step = 3
      left join lateral (select max(d.round) as round
                           from dispatch d
                          where d.county = b.county and d.period = b.period and d.batch_no = b.batch_no) d on true
      left join receipt r on r.county = b.county and r.period = b.period and r.batch_no = b.batch_no and r.round = d.round
     where b.county = :county::int and b.period <= :period::int
)
select 'unsent ' || file_id as item, total as amount from stages where not is_released or is_refused
union all
select 'batch ' || file_id, (total - answered)::bigint from stages where is_released and not is_refused and answered < total
union all
select 'failure ' || f.part / 1000 + 190000 || '/' || f.serial || '/' || f.attempt, f.amount
  from failure f
  left join failure_fate e using (county, serial, attempt, part)
 where f.county = :county::int and f.part / 1000 + 190000 <= :period::int and e.county is null
union all
select 'break ' || k.break_no, k.amount
  from break k
  left join break_resolution e using (county, break_no)
 where k.county = :county::int and e.county is null
   and not exists (select from late_return_end l where l.county = k.county and l.break_no = k.break_no)
   and extract(year from k.at at time zone 'Asia/Shanghai') * 100 + extract(month from k.at at time zone 'Asia/Shanghai')
       <= :period::int
union all
select 'statement ' || s.name || '/' || l.line, l.amount
  from statement s
  join statement_result r using (statement_no)
  join statement_line l using (statement_no)
 where l.county = :county::int and r.accepted
   and date '1970-01-01' + l.value_day < make_date(:period::int / 100, :period::int % 100, 1) + interval '1 month'
   and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
   and not exists (select from break k where k.statement_no = l.statement_no and k.line = l.line)
union all
-- What a bank still has to give back of what was claimed from it, and what was paid too much and is still owed.
select 'claim ' || k.break_no, k.amount - coalesce(c.repaid, 0)
  from break k
  join break_resolution e using (county, break_no)
  left join lateral (select sum(amount)::bigint as repaid
                       from claim_repayment c
                      where c.county = k.county and c.claim_no = k.break_no) c on true
 where k.county = :county::int and e.resolution = 'claim-from-bank' and k.amount > coalesce(c.repaid, 0)
   and extract(year from e.at at time zone 'Asia/Shanghai') * 100 + extract(month from e.at at time zone 'Asia/Shanghai')
       <= :period::int
union all
select 'receivable ' || r.receivable_no, coalesce(l.owed_after, r.amount)
  from receivable r
  left join lateral (select c.owed_after
                       from recovery c
                      where c.county = r.county and c.receivable_no = r.receivable_no
                      order by c.step desc
                      limit 1) l on true
 where r.county = :county::int and coalesce(l.owed_after, r.amount) > 0
   and date '1970-01-01' + r.found_day < make_date(:period::int / 100, :period::int % 100, 1) + interval '1 month'
 order by 1;
