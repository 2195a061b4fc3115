-- Units are what is done in parallel: a second process for one of its indexes would only take a core from another unit.
select set_config('max_parallel_workers_per_gather', '0', false),
       set_config('max_parallel_maintenance_workers', '0', false);
