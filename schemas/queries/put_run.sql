-- Under the lock of run numbers.
insert into run (run_no, kind, period, region, import_no, policy_digest, made_by, made_at)
values ((select coalesce(max(run_no), 0) + 1 from run), :kind, :period, :region, :import_no,
        decode(:policy, 'hex'), :made_by, to_timestamp(:made_at))
returning run_no;
