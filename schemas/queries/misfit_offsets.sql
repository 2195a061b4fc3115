-- What a unit keeps of its payments is recovered with its check, to the fen.
with planned as (
    select o.run_no, o.county, o.serial, o.receivable_no, o.amount,
           exists (select from unit_step s where s.run_no = o.run_no and s.county = o.county and s.step = 2) as is_checked
      from offset_line o
), recovered as (
    select run_no, county, serial, receivable_no, amount from recovery where kind = 2
)
select 'run ' || coalesce(p.run_no, r.run_no) || '/' || lpad(coalesce(p.county, r.county)::text, 6, '0') || ' payment '
       || coalesce(p.serial, r.serial) || ' for receivable ' || coalesce(p.receivable_no, r.receivable_no) as place,
       case when r.county is null then 'so much was kept and not recovered: ' || p.amount || ' fen'
            when p.county is null then 'recovered, and never kept: ' || r.amount || ' fen'
            when not p.is_checked then 'recovered, and its unit is not checked'
            else p.amount || ' fen were kept, ' || r.amount || ' recovered' end as what
  from planned p
  full join recovered r using (run_no, county, serial, receivable_no)
 where (r.county is null and p.is_checked) or p.county is null or (r.county is not null and not p.is_checked)
    or p.amount <> r.amount
 order by 1;
