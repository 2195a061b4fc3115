select exists (select from unit_result where run_no = :run_no::int and county = :county::int)::int;
