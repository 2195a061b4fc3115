select encode(cms, 'hex') from name_answer where check_no = :check_no::int;
