select line_no, programme, component, benefit_month, beneficiary, step, household_no, person_no, payee_kind, payee, awarded,
       due, demanded, coalesce(serial, 0)
  from correction_line
 where run_no = :run_no::int and county = :county::int and serial = :serial::int;
