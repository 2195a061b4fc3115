select coalesce(max(import_no), 0) from import;
