select distinct county from statement_line where statement_no = :statement_no::bigint order by county;
