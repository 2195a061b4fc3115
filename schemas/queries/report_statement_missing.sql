-- What return files said was paid, by the last day of an account's statements, and no line of them has (漏单).
with last as (
    select s.county, s.bank, max(r.last_day) as last_day, min(r.first_day) as first_day, c.county as served
      from statement s
      join statement_result r using (statement_no)
     cross join lateral unnest(r.counties) as c (county)
     where r.accepted and r.is_final and c.county between :region_low::int and :region_high::int
     group by s.county, s.bank, c.county
), answers as (
    select r.county, r.period, r.batch_no, b.bank, r.return_no, b.file_id, rf.name
      from return_result r
      join batch b using (county, period, batch_no)
      join return_file rf using (return_no)
     where r.accepted and r.paid > 0 and r.county between :region_low::int and :region_high::int
       and (r.county, b.bank, rf.name collate "C") > (:after_county::bigint, :after_bank::bigint, :after_return_file::text)
       and not exists (select from statement_answer a where a.return_no = r.return_no and a.fit = 4)
       and not exists (select
                         from statement_fit f
                        where f.county = r.county and f.period = r.period and f.batch_no = r.batch_no and f.fit = 3)
)
select a.county::text as county, a.period::text as period, a.bank::text as bank, a.file_id, a.name as return_file,
       count(*)::text as payments, sum(o.amount)::text as amount,
       (date '1970-01-01' + min(o.value_day))::text as since,
       (today() - (date '1970-01-01' + min(o.value_day)))::text as days
  from answers a
  join last l on l.served = a.county and l.bank = a.bank
  join outcome o on o.county = a.county and o.return_no = a.return_no and o.kind = 1
 where o.value_day between l.first_day and l.last_day
   and not exists (select
                     from statement_fit f
                    where f.county = o.county and f.serial = o.serial and f.attempt = o.attempt and f.part = o.part
                      and f.fit = 1)
   and not exists (select
                     from reversal v
                    where v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
                      and v.kind = 4)
 group by a.county, a.period, a.bank, a.file_id, a.name
 order by a.county, a.bank, a.name collate "C"
 limit :most::bigint;
