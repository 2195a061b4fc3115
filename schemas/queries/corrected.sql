-- The last correction of each obligation, whom it was to be paid to, and what all of them added as arrears.
select distinct on (c.beneficiary, c.programme, c.component, c.benefit_month)
       c.programme, c.component, c.benefit_month, c.beneficiary, c.step, c.due,
       sum(greatest(c.due - c.awarded, 0))
           over (partition by c.beneficiary, c.programme, c.component, c.benefit_month)::bigint,
       l.payee_kind, l.payee
  from correction c
  join correction_line l on l.run_no = c.run_no and l.county = c.county and l.line_no = c.line_no
 where c.county = :county::int and c.benefit_month >= :from::int and c.benefit_month < :before::int
 order by c.beneficiary, c.programme, c.component, c.benefit_month, c.step desc;
