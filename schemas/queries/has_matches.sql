select (exists (select from screening_hit) or exists (select from same_person))::int;
