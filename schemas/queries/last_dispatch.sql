-- Under the lock of the bank's list.
select coalesce(max(seq), 0) from dispatch where bank = :bank::smallint;
