select * from person where import_no = :import_no order by county, household_no, person_no, import_no, valid_from;
