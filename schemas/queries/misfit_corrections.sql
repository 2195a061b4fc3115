-- A plan to correct a past month becomes real with the check of its unit, as a whole and unaltered.
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
 order by 1;
