select county, programme, household_no, person_no, is_error::int, place, reason, reason_chinese
  from refusal
 where run_no = :run_no::int and (is_error or not :errors_only::boolean)
 order by county, refusal_no
 limit :at_most::int;
