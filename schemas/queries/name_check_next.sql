select coalesce(max(check_no), 0) + 1 from name_check;
