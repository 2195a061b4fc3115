-- What every connection of the house relies on, whatever the server's own defaults are.
select set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO', false),
       set_config('client_encoding', 'UTF8', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('synchronous_commit', 'on', false);
