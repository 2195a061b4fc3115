select finding_no, subject, kind, household_no, person_no, coalesce(list_no, 0), coalesce(line, 0),
       coalesce(other_county, 0), coalesce(other_person, 0), holds::int, payments, total, evidence
  from finding
 where run_no = :run_no::int and county = :county::int
 order by finding_no;
