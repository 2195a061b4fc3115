select 1 from closed_period where county = :county::int and period = :period::int;
