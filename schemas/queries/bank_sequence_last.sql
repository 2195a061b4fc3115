select coalesce(max(seq), 0) from bank_sequence where bank = :bank::smallint;
