insert into allotment (county, document, purpose, year, central, province, prefecture, own, officer, fingerprint, at)
values (:county::int, :document::text, :purpose::smallint, :year::smallint, :central::bigint, :province::bigint,
        :prefecture::bigint, :own::bigint, :officer::text, decode(:fingerprint, 'hex'), to_timestamp(:at::bigint));
