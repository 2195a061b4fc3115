-- Sent with the name of the part's own table in place of outcome.
select county, return_no, serial, attempt, kind, reason, amount, value_day, line
  from outcome
 order by return_no, line;
