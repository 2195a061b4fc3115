-- What screening found in a run, by county and finding, so many behind one of them.
select county::text as county, subject, kind::text as kind_no, household_no::text as household, person_no::text as person,
       holds::int::text as holds, payments::text as payments, total::text as total, evidence
  from finding
 where run_no = :run::int and county between :region_low::int and :region_high::int
   and (county, subject collate "C") > (:after_county::bigint, :after_subject::text)
 order by finding.county, subject collate "C"
 limit :most::bigint;
