select import_no from import order by import_no;
