-- A unit is checked only after each of its outliers was accepted.
select 'run ' || s.run_no || '/' || lpad(s.county::text, 6, '0') as place,
       'outlier ' || o.outlier_no || ' was not accepted before the unit was checked' as what
  from unit_step s
  join outlier o using (run_no, county)
  left join outlier_acceptance a using (run_no, county, outlier_no)
 where s.step = 2 and (a.at is null or a.at > s.at)
 order by 1, 2;
