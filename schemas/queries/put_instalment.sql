insert into instalment (county, receivable_no, version, monthly, from_month, document, officer, fingerprint, at)
values (:county, :receivable_no,
        (select coalesce(max(version), 0) + 1 from instalment
          where county = :county::int and receivable_no = :receivable_no::bigint),
        :monthly, :from_month, :document, :officer, decode(:fingerprint, 'hex'), to_timestamp(:at));
