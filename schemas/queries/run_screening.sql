select lists_known, rules, extract(epoch from at)::bigint from run_screening where run_no = :run_no::int;
