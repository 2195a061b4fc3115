select key_part(:part::int);
