-- What the computed units of a period owe, by their own totals: to be held against the batches.
select coalesce(sum(r.payments), 0)::text as payments, coalesce(sum(r.total), 0)::text as total
  from unit u
  join unit_result r using (run_no, county)
  left join unit_fate f using (county, period, kind, generation)
 where u.period = :period::int and u.county between :region_low::int and :region_high::int
   and u.kind <> 2 and f.fate is distinct from 'cancelled';
