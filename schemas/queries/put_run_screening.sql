insert into run_screening (run_no, lists_known, rules, at)
values (:run_no, :lists_known, :rules, to_timestamp(:at))
on conflict do nothing
returning run_no;
