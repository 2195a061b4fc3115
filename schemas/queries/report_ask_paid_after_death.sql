-- Paid for a month after the month of death (死亡后发放), by what is known of the death now, and not come back since. Dibao of
-- one person (单人保) is owed to minus the person's number; a household's is found where nobody of it was alive.
with people as (
    select distinct on (county, person_no) county, person_no, household_no, died, absent
      from person
     where county between :region_low::int and :region_high::int
     order by county, person_no, import_no desc, valid_from desc
), dead as (
    select county, person_no, died, person_no as of_person, null::bigint as of_household
      from people
     where died <> 0
    union all
    select county, max(person_no) filter (where died <> 0), max(died), null, household_no
      from people
     where not absent or died <> 0
     group by county, household_no
    having bool_and(died <> 0)
)
select p.county::text as county, (p.part / 1000 + 190000)::text as period, p.serial::text as serial,
       p.programme::text as programme, p.benefit_month::text as benefit_month, d.person_no::text as person,
       (date '1970-01-01' + d.died)::text as died, p.amount::text as amount,
       (date '1970-01-01' + o.value_day)::text as value_day, o.attempt::text as attempt
  from dead d
  join payment p on p.county = d.county
                and p.beneficiary = case when d.of_household is not null then d.of_household
                                         when p.programme <= 2 then -d.of_person else d.of_person end
                and (d.of_household is null or p.programme <= 2)
  join arrived o on o.county = p.county and o.serial = p.serial and o.part = p.part
 where p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
   and p.benefit_month > to_char(date '1970-01-01' + d.died, 'YYYYMM')::int
 order by p.county, d.person_no, p.benefit_month, p.programme;
