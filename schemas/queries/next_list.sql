select coalesce(max(list_no), 0) + 1 from screening_list;
