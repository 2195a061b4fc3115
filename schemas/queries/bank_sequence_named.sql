select seq from bank_sequence where bank = :bank::smallint and name = :name;
