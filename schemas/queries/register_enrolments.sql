select household_no, person_no, programme, import_no, valid_from, valid_to, absent,
       applied, confirmed, setting, ability, payee, institution, grade, grace_reason, end_reason, ended,
       caregiver
  from enrolment
 where county = :county::int and import_no <= :known_at::int
 order by household_no, person_no, programme, import_no, valid_from;
