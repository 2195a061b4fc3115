select 'run ' || u.run_no || '/' || lpad(u.county::text, 6, '0') as place,
       'its part ' || u.part || ' belongs to another run or period' as what
  from unit u
  join part p using (part)
 where p.run_no <> u.run_no or u.part / 1000 + 190000 <> u.period
union all
select 'run ' || u.run_no || '/' || lpad(u.county::text, 6, '0'), 'its period or kind is not that of its run'
  from unit u
  join run r using (run_no)
 where u.period <> r.period or u.kind <> r.kind
 order by 1;
