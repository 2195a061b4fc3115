select coalesce(max(receivable_no), 0) + 1 from receivable where county = :county::int;
