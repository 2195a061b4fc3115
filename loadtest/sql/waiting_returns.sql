select count(*) from return_file f left join return_result r using (return_no) where r.return_no is null;
