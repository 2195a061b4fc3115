insert into name_check (check_no, county, bank, import_no, file_id, lines, file_digest, signature, made_by, at)
values (:check_no::int, :county::int, :bank::smallint, :import_no::int, :file_id, :lines::int,
        decode(:file_digest, 'hex'), decode(:signature, 'hex'), :made_by, to_timestamp(:at::bigint));
