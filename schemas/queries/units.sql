select u.county, u.period, u.kind, u.generation, coalesce(u.part, 0), u.estimate,
       (f.fate is not distinct from 'cancelled')::int,
       r.first_serial, r.payments, r.total, r.held, r.refused, encode(r.digest, 'hex'),
       extract(epoch from r.computed_at)::bigint
  from unit u
  left join unit_result r using (run_no, county)
  left join unit_fate f using (county, period, kind, generation)
 where u.run_no = :run_no::int
 order by u.county;
