-- The plan becomes real. The keys refuse a correction that another unit made first.
insert into correction (county, beneficiary, programme, component, benefit_month, step, run_no, line_no, awarded, due)
select county, beneficiary, programme, component, benefit_month, step, run_no, line_no, awarded, due
  from correction_line
 where run_no = :run_no::int and county = :county::int;
