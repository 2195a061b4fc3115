select * from account where import_no = :import_no order by county, payee_kind, payee, import_no, valid_from;
