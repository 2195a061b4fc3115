select u.run_no, u.county, u.period, u.kind, u.generation, u.part, u.estimate
  from unit u
  join unit_fate f using (county, period, kind, generation)
 where u.county = :county::int and u.period = :period::int and u.kind <> 2 and f.fate = 'released'
 order by u.run_no;
