-- The monthly summary (发放汇总表): persons or households, payments and money by programme and month owed.
select p.county::text as county, (p.part / 1000 + 190000)::text as month, p.programme::text as programme,
       p.component::text as component, count(distinct p.beneficiary)::text as beneficiaries, count(*)::text as payments,
       sum(p.amount)::text as total, count(o.kind)::text as paid, coalesce(sum(o.amount), 0)::text as paid_total
  from payment p
  join part using (part)
  join unit u on u.run_no = part.run_no and u.county = p.county
  join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                  and f.generation = u.generation and f.fate = 'released'
  left join arrived o on o.county = p.county and o.serial = p.serial and o.part = p.part
 where p.county between :region_low::int and :region_high::int
   and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
 group by p.county, p.part / 1000, p.programme, p.component
 order by p.county, p.part / 1000, p.programme, p.component;
