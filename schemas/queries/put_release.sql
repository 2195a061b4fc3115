insert into finding_release (county, subject, step, officer, fingerprint, reason, at)
values (:county, :subject, :step, :officer, decode(:fingerprint, 'hex'), :reason, to_timestamp(:at));
