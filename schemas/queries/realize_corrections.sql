-- The plan becomes real. The keys refuse a correction that another unit made first, and one of a month whose regular unit
-- is not released.
insert into correction (county, beneficiary, programme, component, benefit_month, step, run_no, line_no, awarded, due, base)
select l.county, l.beneficiary, l.programme, l.component, l.benefit_month, l.step, l.run_no, l.line_no, l.awarded, l.due,
       coalesce((select max(u.generation)
                   from unit u
                  where u.county = l.county and u.period = l.benefit_month and u.kind = 1), 0)
  from correction_line l
 where l.run_no = :run_no::int and l.county = :county::int;
