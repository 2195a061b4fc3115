select o.serial, o.attempt
  from reissue r
  join outcome o on o.county = r.county and o.serial = r.serial and o.attempt = r.attempt and o.part = r.part
 where r.county = :county::int and r.period = :period::int and r.batch_no = :batch_no::int
 order by r.line;
