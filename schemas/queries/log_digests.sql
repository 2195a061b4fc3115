select digest from log_leaf order by position;
