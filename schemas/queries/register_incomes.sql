select household_no, person_no, item, import_no, valid_from, valid_to, absent, monthly, supporter_members, dependants
  from income
 where county = :county::int and import_no <= :known_at::int
 order by household_no, person_no, item, import_no, valid_from;
