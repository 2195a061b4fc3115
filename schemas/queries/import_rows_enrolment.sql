select * from enrolment where import_no = :import_no order by county, household_no, person_no, programme, import_no, valid_from;
