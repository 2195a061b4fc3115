-- A plan to correct a month becomes real with the check of its unit, as a whole and unaltered; the first correction of an
-- obligation begins with what the month's regular unit awarded; and a run corrects what its kind may.
with planned as (
    select c.run_no, c.county, c.line_no, c.beneficiary, c.programme, c.component, c.benefit_month, c.step, c.awarded, c.due,
           exists (select from unit_step s where s.run_no = c.run_no and s.county = c.county and s.step = 2) as is_checked
      from correction_line c
)
select 'run ' || coalesce(p.run_no, c.run_no) || '/' || lpad(coalesce(p.county, c.county)::text, 6, '0') || ' correction '
       || coalesce(p.line_no, c.line_no) as place,
       case when c.county is null then 'its unit is checked, and the correction never became real'
            when p.county is null then 'it is real, and no unit planned it'
            when not p.is_checked then 'it is real, and its unit is not checked'
            else 'what became real is not what was planned' end as what
  from planned p
  full join correction c using (run_no, county, line_no)
 where (c.county is null and p.is_checked) or p.county is null or (c.county is not null and not p.is_checked)
    or (p.beneficiary, p.programme, p.component, p.benefit_month, p.step, p.awarded, p.due)
       <> (c.beneficiary, c.programme, c.component, c.benefit_month, c.step, c.awarded, c.due)
union all
select 'run ' || l.run_no || '/' || lpad(l.county::text, 6, '0') || ' correction ' || l.line_no,
       'it begins with ' || l.awarded || ' fen, the regular unit of its month awarded '
       || coalesce(p.amount, 0) + coalesce(k.kept, 0)
  from correction_line l
  join correction c using (run_no, county, line_no)
  join unit u on u.county = l.county and u.period = l.benefit_month and u.kind = 1 and u.generation = c.base
  left join payment p on p.county = l.county and p.beneficiary = l.beneficiary and p.programme = l.programme
                     and p.component = l.component and p.benefit_month = l.benefit_month and p.kind = 1
                     and p.part = u.part
  left join lateral (select sum(o.amount) as kept
                       from offset_line o
                      where o.run_no = u.run_no and o.county = u.county and o.serial = p.serial) k on true
 where l.step = 1 and l.awarded <> coalesce(p.amount, 0) + coalesce(k.kept, 0)
union all
select 'run ' || l.run_no || '/' || lpad(l.county::text, 6, '0') || ' correction ' || l.line_no,
       'a run of this kind does not correct it'
  from correction_line l
  join run r using (run_no)
 where l.benefit_month > r.period or (l.benefit_month = r.period and r.kind = 1) or r.kind = 2
    or (r.kind = 4 and l.programme <> 10) or (r.kind = 5 and l.programme <> 9)
 order by 1;
