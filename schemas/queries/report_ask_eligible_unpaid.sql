-- Entitled and not paid (应享未享): owed and held because no account or fact was there, and disabled members of a dibao
-- household (severe, levels one and two) who drew no living subsidy for the month.
with live as (
    select u.run_no, u.county, u.period, u.part
      from unit u
      join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                      and f.generation = u.generation and f.fate = 'released'
     where u.county between :region_low::int and :region_high::int
       and u.period between :from_period::int and :to_period::int and u.part is not null
)
select r.county::text as county, l.period::text as month, r.household_no::text as household, r.person_no::text as person,
       r.programme::text as programme, 'held' as finding, r.reason as why
  from live l
  join refusal r using (run_no, county)
 where r.is_error
union all
select m.county::text, l.period::text, m.household_no::text, m.person_no::text, '7', 'no-living-subsidy',
       'disability level ' || m.disability_level || ' in a dibao household'
  from live l
  join payment d on d.part = l.part and d.county = l.county and d.programme <= 2 and d.beneficiary > 0
  join lateral (select distinct on (person_no) *
                  from person m
                 where m.county = d.county and m.household_no = d.beneficiary and m.valid_from <= l.period
                 order by person_no, import_no desc, valid_from desc) m on true
 where m.disability_level in (1, 2) and m.died = 0 and not m.absent and m.valid_to > l.period
   and not exists (select
                     from payment s
                    where s.county = m.county and s.beneficiary = m.person_no and s.programme in (3, 4, 5, 6, 7)
                      and s.benefit_month = l.period)
 order by 1, 2, 3, 4;
