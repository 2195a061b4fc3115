-- Held until the connection closes: for work that takes several transactions.
select pg_advisory_lock(:key::bigint);
