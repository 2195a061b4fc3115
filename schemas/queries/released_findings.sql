select subject from finding_release where county = :county::int and step = 2 order by subject;
