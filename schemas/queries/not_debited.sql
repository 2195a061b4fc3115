-- What return files said was paid before a day, in the days of an account's statements, and no line of them has (漏单). A
-- return file is asked for by the statements that come after it, the next two, and told of once.
with window_of as (
    select min(r.first_day) as first_day,
           coalesce((select r3.at
                       from statement_result r3
                       join statement s3 using (statement_no)
                      where s3.bank = :bank::smallint and s3.county = :county::int and r3.accepted and r3.is_final
                      order by r3.at desc, s3.statement_no desc
                     offset 2
                      limit 1), '-infinity') as since
      from statement_result r
      join statement s using (statement_no)
     where s.bank = :bank::smallint and s.county = :county::int and r.accepted and r.is_final
), recent as (
    select r.county, r.period, r.batch_no, r.return_no, rf.name, b.part, b.first_serial, b.lines, w.first_day
      from return_result r
      join batch b using (county, period, batch_no)
      join return_file rf using (return_no)
     cross join window_of w
     where r.county = :county::int and b.bank = :bank::smallint and r.accepted and r.paid > 0 and r.at >= w.since
       and not exists (select from statement_answer a where a.return_no = r.return_no and a.fit = 4)
       and not exists (select
                         from statement_fit f
                        where f.county = r.county and f.period = r.period and f.batch_no = r.batch_no and f.fit = 3)
       and not exists (select from break k where k.of_return = r.return_no)
), words as (
    select a.return_no, a.name, a.first_day, o.county, o.serial, o.attempt, o.part, o.amount, o.value_day
      from recent a
      join outcome o on o.county = a.county and o.part = a.part and o.attempt = 1 and o.return_no = a.return_no
                    and o.kind = 1 and o.serial between a.first_serial and a.first_serial + a.lines - 1
    union all
    select a.return_no, a.name, a.first_day, o.county, o.serial, o.attempt, o.part, o.amount, o.value_day
      from recent a
      join reissue n on n.county = a.county and n.period = a.period and n.batch_no = a.batch_no
      join outcome o on o.county = n.county and o.serial = n.serial and o.attempt = n.attempt and o.part = n.part
                    and o.return_no = a.return_no and o.kind = 1
     where a.first_serial is null
)
select w.return_no, w.name, count(*)::bigint, sum(w.amount)::bigint
  from words w
 where w.value_day >= w.first_day and w.value_day < :last_day::int
   and not exists (select
                     from statement_fit f
                    where f.county = w.county and f.serial = w.serial and f.attempt = w.attempt and f.part = w.part
                      and f.fit = 1)
   -- A success that was none, as the bank has corrected since, never moved any money.
   and not exists (select
                     from reversal v
                    where v.county = w.county and v.serial = w.serial and v.attempt = w.attempt and v.part = w.part
                      and v.kind = 4)
 group by w.return_no, w.name
 order by w.return_no;
