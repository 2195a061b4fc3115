-- Under the lock of batches of this county and period.
select coalesce(max(batch_no), 0) + 1 from batch where county = :county::int and period = :period::int;
