select * from income where import_no = :import_no order by county, household_no, person_no, item, import_no, valid_from;
