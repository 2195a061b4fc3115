-- The units of a run and how far each has come.
select u.county::text as county, u.generation::text as generation, coalesce(u.part::text, '') as part, u.estimate::text as estimate,
       (r.run_no is not null)::text as computed,
       coalesce(r.payments, 0)::text as payments, coalesce(r.total, 0)::text as total,
       coalesce(r.held, 0)::text as held, coalesce(r.refused, 0)::text as refused,
       coalesce(encode(r.digest, 'hex'), '') as digest,
       coalesce(max(s.officer) filter (where s.step = 1), '') as proposed_by,
       coalesce(max(s.officer) filter (where s.step = 2), '') as checked_by,
       coalesce(max(s.officer) filter (where s.step = 3), '') as released_by,
       coalesce(f.fate, '') as fate
  from unit u
  left join unit_result r using (run_no, county)
  left join unit_step s using (run_no, county)
  left join unit_fate f using (county, period, kind, generation)
 where u.run_no = :run::int
 group by u.run_no, u.county, r.run_no, r.county, f.fate
 order by u.county;
