insert into bank_sequence (bank, seq, name, at) values (:bank::smallint, :seq::int, :name, to_timestamp(:at::bigint));
