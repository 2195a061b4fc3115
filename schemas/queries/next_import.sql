select coalesce(max(import_no), 0) + 1 from import;
