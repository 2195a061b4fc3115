-- One person paid by two programmes for one month that exclude each other (重复享受): tekun or orphan beside another, or the
-- urban and the rural form of one. Dibao counts for a person alone (单人保): a household's is no overlap with a member's.
with kinds (programme, kind) as (
    values (1, 'dibao'), (2, 'dibao'), (3, 'tekun'), (4, 'tekun'), (5, 'orphan'), (6, 'unattended'), (7, 'living'), (8, 'nursing')
), exclusive (one, other) as (
    values ('orphan', 'tekun'), ('orphan', 'unattended'), ('orphan', 'dibao'), ('orphan', 'living'), ('tekun', 'unattended'),
           ('tekun', 'dibao'), ('tekun', 'living'), ('tekun', 'nursing')
), paid as (
    select p.county, p.part, p.serial, p.programme, k.kind, p.benefit_month, abs(p.beneficiary) as person_no, p.amount
      from payment p
      join kinds k using (programme)
      join arrived o on o.county = p.county and o.serial = p.serial and o.part = p.part
     where p.county between :region_low::int and :region_high::int
       and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
       and (p.programme > 2 or p.beneficiary < 0) and p.component = 0
)
select a.county::text as county, (a.part / 1000 + 190000)::text as period, a.serial::text as serial,
       a.person_no::text as person, a.benefit_month::text as benefit_month, a.programme::text as programme,
       a.amount::text as amount, b.kind as beside, b.serial::text as other_serial, b.amount::text as other_amount
  from paid a
  join paid b on b.county = a.county and b.person_no = a.person_no and b.benefit_month = a.benefit_month
             and (a.kind = b.kind and a.programme < b.programme
                  or exists (select from exclusive e where e.one = a.kind and e.other = b.kind))
 order by a.county, a.person_no, a.benefit_month, a.programme;
