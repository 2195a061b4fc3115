-- Under the lock of the bank's list. The keys refuse a further round without the refusal of the one before.
insert into dispatch (bank, seq, county, period, batch_no, round, at)
select :bank::smallint, (select coalesce(max(seq), 0) + 1 from dispatch where bank = :bank::smallint),
       d.county, d.period, d.batch_no, max(d.round) + 1, to_timestamp(:at)
  from dispatch d
 where d.county = :county::int and d.period = :period::int and d.batch_no = :batch_no::int
 group by d.county, d.period, d.batch_no
returning round;
