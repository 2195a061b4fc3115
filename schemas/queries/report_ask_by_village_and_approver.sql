-- What was owed and paid in each village, and who checked it (按村和审批人).
with homes as (
    select distinct on (county, household_no) county, household_no, village
      from household
     where county between :region_low::int and :region_high::int
     order by county, household_no, import_no desc, valid_from desc
), people as (
    select distinct on (county, person_no) county, person_no, household_no
      from person
     where county between :region_low::int and :region_high::int
     order by county, person_no, import_no desc, valid_from desc
)
select p.county::text as county, coalesce(h.village, 0)::text as village, coalesce(s.officer, '') as officer,
       u.period::text as month, p.programme::text as programme, count(*)::text as payments, sum(p.amount)::text as total,
       count(o.kind)::text as paid,
       coalesce(sum(o.amount), 0)::text as paid_total
  from payment p
  join part using (part)
  join unit u on u.run_no = part.run_no and u.county = p.county
  left join unit_step s on s.run_no = u.run_no and s.county = u.county and s.step = 2
  left join people m on m.county = p.county and m.person_no = abs(p.beneficiary)
                    and (p.programme > 2 or p.beneficiary < 0)
  left join homes h on h.county = p.county and h.household_no = coalesce(m.household_no, p.beneficiary)
  left join arrived o on o.county = p.county and o.serial = p.serial and o.part = p.part
 where p.county between :region_low::int and :region_high::int
   and not exists (select
                     from unit_fate c
                    where c.county = u.county and c.period = u.period and c.kind = u.kind
                      and c.generation = u.generation and c.fate = 'cancelled')
   and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
 group by p.county, h.village, s.officer, u.period, p.programme
 order by p.county, h.village, u.period, p.programme;
