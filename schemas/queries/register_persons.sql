select household_no, person_no, import_no, valid_from, valid_to, absent, born, died, sex,
       disability_class, disability_level, seriously_ill, in_full_time_school
  from person
 where county = :county::int and import_no <= :known_at::int
 order by household_no, person_no, import_no, valid_from;
