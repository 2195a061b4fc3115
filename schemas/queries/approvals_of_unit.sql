select step, encode(signature, 'hex') from unit_step where run_no = :run_no::int and county = :county::int order by step;
