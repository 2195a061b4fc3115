-- Under the lock of serials of this county and period. Re-issues have no payments of their own.
select coalesce(max(r.first_serial + r.payments), 1)
  from unit u
  join unit_result r using (run_no, county)
 where u.county = :county::int and u.period = :period::int and u.kind <> 2;
