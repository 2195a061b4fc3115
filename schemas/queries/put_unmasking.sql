insert into unmasking (county, person_no, reason, officer, fingerprint, at)
values (:county::int, :person_no::bigint, :reason, :officer, decode(:fingerprint, 'hex'), to_timestamp(:at::bigint))
returning unmask_no;
