insert into evidence_reading (county, break_no, is_masked, reason, officer, fingerprint, at)
values (:county::int, :break_no::bigint, :is_masked::int <> 0, :reason, :officer, decode(:fingerprint, 'hex'),
        to_timestamp(:at::bigint))
returning reading_no;
