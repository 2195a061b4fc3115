insert into push_attempt (bank, seq, attempt, at, delivered, status, text)
select :bank::smallint, :seq::int, coalesce(max(attempt), 0) + 1, to_timestamp(:at::bigint), :delivered::boolean,
       :status::int, :text
from push_attempt where bank = :bank::smallint and seq = :seq::int;
