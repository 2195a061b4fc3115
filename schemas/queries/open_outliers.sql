select count(*)
  from outlier
  left join outlier_acceptance a using (run_no, county, outlier_no)
 where run_no = :run_no::int and county = :county::int and a.at is null;
