select part, county, serial, attempt, kind, reason, amount, value_day, return_no, line
  from outcome_:part
 order by return_no, line
