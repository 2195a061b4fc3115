select part, serial, attempt, reason, amount, value_day, line
  from outcome
 where county = :county::int and return_no = :return_no::int and kind = :kind::smallint
 order by line;
