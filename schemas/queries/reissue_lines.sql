-- Planned or released.
select part, county, serial, attempt, run_no, period, batch_no, line, amount
  from reissue_line
 where county = :county::int and period = :period::int and batch_no = :batch_no::int
 order by line;
