select arrears_from, offset_percent, excluded from run_past where run_no = :run_no::int;
