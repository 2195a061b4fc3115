-- What runs are planned by. The largest import counts, not the sum: a register that is imported whole every month
-- would otherwise look larger each time.
select county, max(enrolments)
  from import_county
 where county between :low::int and :high::int and import_no <= :known_at::int
 group by county
 order by county;
