select household_no, import_no, valid_from, valid_to, absent, area, village, representative
  from household
 where county = :county::int and import_no <= :known_at::int
 order by household_no, import_no, valid_from;
