insert into sequence_refusal (bank, seq, expected, name, at)
values (:bank::smallint, :seq::int, :expected::int, :name, to_timestamp(:at::bigint));
