insert into name_answer (check_no, cms, fingerprint, at)
values (:check_no::int, decode(:cms, 'hex'), decode(:fingerprint, 'hex'), to_timestamp(:at::bigint));
