-- Every run and how far it has come.
select run.run_no::text as run, run.kind::text as kind, run.period::text as period, run.region,
       run.import_no::text as import, encode(run.policy_digest, 'hex') as policy, run.made_by,
       to_char(run.made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as made_at,
       count(u.county)::text as units, count(r.county)::text as computed,
       count(*) filter (where f.fate = 'released')::text as released,
       count(*) filter (where f.fate = 'cancelled')::text as cancelled,
       coalesce(sum(r.payments), 0)::text as payments, coalesce(sum(r.total), 0)::text as total,
       coalesce(sum(r.held), 0)::text as held, coalesce(sum(r.refused), 0)::text as refused
  from run
  left join unit u using (run_no)
  left join unit_result r using (run_no, county)
  left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                       and f.generation = u.generation
 group by run.run_no
 order by run.run_no;
