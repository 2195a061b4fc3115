-- What a run holds in a region, together.
select coalesce(sum(h.amount), 0)::text as held
  from hold h
 where h.run_no = :run::int and h.county between :region_low::int and :region_high::int;
