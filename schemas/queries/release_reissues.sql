-- The plan becomes attempts. The keys refuse an attempt that another release made first.
insert into reissue (part, county, serial, attempt, run_no, period, batch_no, line, amount)
select part, county, serial, attempt, run_no, period, batch_no, line, amount
  from reissue_line
 where run_no = :run_no::int and county = :county::int;
