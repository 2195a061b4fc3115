select * from institution where import_no = :import_no order by county, institution_no, import_no, valid_from;
