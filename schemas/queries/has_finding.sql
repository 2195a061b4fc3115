select exists (select from finding where county = :county::int and subject = :subject and holds)::int;
