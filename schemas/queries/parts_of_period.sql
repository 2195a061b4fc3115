-- Which part holds which serials of one county and period.
select u.part, r.first_serial, r.payments
  from unit u
  join unit_result r using (run_no, county)
 where u.county = :county::int and u.period = :period::int and u.kind <> 2 and r.payments > 0;
