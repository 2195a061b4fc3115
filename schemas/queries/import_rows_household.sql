select * from household where import_no = :import_no order by county, household_no, import_no, valid_from;
