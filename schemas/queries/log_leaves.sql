select position, coalesce(county, 0), coalesce(entry_no, 0), coalesce(act_no, 0), digest from log_leaf order by position;
