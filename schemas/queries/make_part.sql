select make_part(:run_no::int);
