insert into stale_acceptance (run_no, kind, region, officer, fingerprint, reason, at)
values (:run_no, :kind, :region, :officer, decode(:fingerprint, 'hex'), :reason, to_timestamp(:at));
