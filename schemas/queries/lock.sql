-- Held to the end of the transaction. The keys are made in src/store/locks.hpp.
select pg_advisory_xact_lock(:key::bigint);
