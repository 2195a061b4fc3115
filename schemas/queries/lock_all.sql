-- One after the other in the order of the list, held to the end of the transaction.
select pg_advisory_xact_lock(key) from unnest(:keys::bigint[]) as wanted (key);
