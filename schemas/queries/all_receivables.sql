select county, receivable_no, cause, origin, programme, component, benefit_month, beneficiary, household_no, person_no,
       payee_kind, payee, amount, found_day, prior_year, reason, made_by
  from receivable
 order by county, receivable_no;
