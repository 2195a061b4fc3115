-- Some payments of the run, all over it, to ask stories about.
select county, period, first_serial + (payments * g / 8)
  from unit_result
  join unit using (run_no, county)
 cross join generate_series(0, 7) g
 where run_no = :run and payments > 0
 order by county, g;
