select set_config('default_transaction_isolation', :level::text, false);
