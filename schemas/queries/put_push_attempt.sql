insert into push_attempt (bank, seq, attempt, at, delivered, status, text)
values (:bank::smallint, :seq::int, :attempt::int, to_timestamp(:at::bigint), :delivered::boolean, :status::int, :text);
