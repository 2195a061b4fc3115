select county, return_no, part, serial, attempt, kind, reason, amount, value_day, paid_by, line
  from reversal
 order by county, return_no, line;
