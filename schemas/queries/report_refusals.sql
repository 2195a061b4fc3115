-- Every enrolment of a run that did not become a payment, with the reason.
select county::text as county, refusal_no::text as refusal_no, programme::text as programme,
       household_no::text as household, person_no::text as person, is_error::text as is_error, place, reason
  from refusal
 where run_no = :run::int and county between :region_low::int and :region_high::int
   and (is_error or not :errors_only::boolean)
 order by county, refusal_no
 limit :at_most::int;
