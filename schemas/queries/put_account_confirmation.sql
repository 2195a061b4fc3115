insert into account_confirmation (county, payee_kind, payee, import_no, imported_by, officer, fingerprint, at)
values (:county::int, :payee_kind::smallint, :payee::bigint, :import_no::int, :imported_by, :officer,
        decode(:fingerprint, 'hex'), to_timestamp(:at::bigint));
