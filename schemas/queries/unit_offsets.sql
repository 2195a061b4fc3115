select serial, receivable_no, amount
  from offset_line
 where run_no = :run_no::int and county = :county::int
 order by serial, receivable_no;
