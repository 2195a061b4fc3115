-- A unit is released by its third approval, in the same moment, and by nothing else.
select 'run ' || u.run_no || '/' || lpad(u.county::text, 6, '0') as place,
       case when s.step is null then 'it counts as released, but no releaser approved it'
            when f.fate is distinct from 'released' then 'a releaser approved it, but it does not count as released'
            else 'it counts as released at another moment than its approval' end as what
  from unit u
  left join unit_fate f using (county, period, kind, generation)
  left join unit_step s on s.run_no = u.run_no and s.county = u.county and s.step = 3
 where (f.fate is not distinct from 'released') <> (s.step is not null) or (f.fate = 'released' and f.at <> s.at)
 order by 1;
