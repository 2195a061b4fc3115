insert into screening_list (list_no, kind, region, snapshot_day, source, file_digest, rows, made_by, fingerprint, made_at)
values (:list_no, :kind, :region, :snapshot_day, :source, decode(:file_digest, 'hex'), :rows, :made_by,
        decode(:fingerprint, 'hex'), to_timestamp(:made_at));
