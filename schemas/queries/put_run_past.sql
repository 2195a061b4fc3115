insert into run_past (run_no, arrears_from, offset_percent, excluded)
values (:run_no, :arrears_from, :offset_percent, :excluded);
