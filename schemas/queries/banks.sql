select bank, code::text, name, identity from bank order by bank;
