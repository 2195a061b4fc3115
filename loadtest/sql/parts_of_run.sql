select p.part, u.county
  from part p
  join unit u using (run_no, part)
 where p.run_no = :run
 order by p.part, u.county;
