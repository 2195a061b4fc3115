-- What return files took back. What people found on a statement is among what they decided.
select county, return_no, part, serial, attempt, kind, reason, amount, value_day, paid_by, line
  from reversal
 where proposal_no is null
 order by county, return_no, line;
