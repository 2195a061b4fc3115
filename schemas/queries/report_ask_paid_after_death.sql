-- Paid for a month after the month of death (死亡后发放), by what is known of the death now. Dibao of one person (单人保) is
-- owed to minus the person's number.
with dead as (
    select distinct on (county, person_no) county, person_no, died
      from person
     where county between :region_low::int and :region_high::int
     order by county, person_no, import_no desc, valid_from desc
)
select p.county::text as county, (p.part / 1000 + 190000)::text as period, p.serial::text as serial,
       p.programme::text as programme, p.benefit_month::text as benefit_month, d.person_no::text as person,
       (date '1970-01-01' + d.died)::text as died, p.amount::text as amount,
       (date '1970-01-01' + o.value_day)::text as value_day, o.attempt::text as attempt
  from dead d
  join payment p on p.county = d.county
                and p.beneficiary = case when p.programme <= 2 then -d.person_no else d.person_no end
  join outcome o on o.county = p.county and o.serial = p.serial and o.part = p.part and o.kind = 1
 where d.died <> 0
   and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
   and p.benefit_month > to_char(date '1970-01-01' + d.died, 'YYYYMM')::int
 order by p.county, d.person_no, p.benefit_month, p.programme;
