select u.county, r.payments
  from unit u
  join unit_fate f using (county, period, kind, generation)
  join unit_result r using (run_no, county)
 where u.county between :low and :high and u.period = :period::int and u.kind = 1 and f.fate = 'released'
 order by u.county;
