select k.kind, k.amount, coalesce(k.bank, 0), k.reference, (r.county is not null or l.county is not null)::int
  from break k
  left join break_resolution r using (county, break_no)
  left join late_return_end l using (county, break_no)
 where k.county = :county::int and k.break_no = :break_no::bigint;
