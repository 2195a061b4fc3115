select hold_no, finding_no, programme, component, benefit_month, beneficiary, household_no, person_no, payee_kind,
       payee, amount
  from hold
 where run_no = :run_no::int and county = :county::int
 order by hold_no;
