select payee_kind, payee, account_import from name_check_line where check_no = :check_no::int order by line;
