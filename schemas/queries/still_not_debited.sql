-- How many payments of the return file that a break is about no line has yet.
select count(*)::bigint
  from break k
  join outcome o on o.county = k.county and o.return_no = k.of_return and o.kind = 1
  join return_result r on r.return_no = k.of_return
 where k.county = :county::int and k.break_no = :break_no::bigint
   and not exists (select
                     from reversal v
                    where v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part
                      and v.kind = 4)
   and not exists (select from statement_answer a where a.return_no = k.of_return and a.fit = 4)
   and not exists (select
                     from statement_fit f
                    where f.county = r.county and f.period = r.period and f.batch_no = r.batch_no and f.fit = 3)
   and not exists (select
                     from statement_fit f
                    where f.county = o.county and f.serial = o.serial and f.attempt = o.attempt and f.part = o.part
                      and f.fit = 1);
