select exists (select from part_keyed where part = :part::int)::int;
