select 1 from statement_result where statement_no = :statement_no::bigint;
