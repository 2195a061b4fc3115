insert into outlier_acceptance (run_no, county, outlier_no, officer, fingerprint, reason, at)
values (:run_no::int, :county::int, :outlier_no::int, :officer::text, decode(:fingerprint, 'hex'), :reason::text,
        to_timestamp(:at::bigint));
