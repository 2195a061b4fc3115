-- What is put up in a village (公示表): who is paid by which programme, by name, for how many members, how much a month. No
-- number of a person, no kind or level of disability, and nobody who is not of age by the end of the month: neither as the
-- one paid for nor as the head of a household. Units that were cancelled are left out. village 0: all.
with people as (
    select distinct on (county, person_no) county, person_no, household_no, name, born, died, absent
      from person
     where county between :region_low::int and :region_high::int
     order by county, person_no, import_no desc, valid_from desc
), homes as (
    select distinct on (county, household_no) county, household_no, village, representative
      from household
     where county between :region_low::int and :region_high::int
     order by county, household_no, import_no desc, valid_from desc
), members as (
    select county, household_no, count(*) as members
      from people
     where not absent and died = 0
     group by county, household_no
), owed as (
    select p.county, p.part / 1000 + 190000 as period, p.programme, p.amount,
           -- Dibao is owed to a household, or to minus the number of one person in it.
           p.programme <= 2 and p.beneficiary > 0 as is_household, abs(p.beneficiary) as beneficiary
      from payment p
      join part using (part)
      join unit u on u.run_no = part.run_no and u.county = p.county
      left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                           and f.generation = u.generation and f.fate = 'cancelled'
     where p.county between :region_low::int and :region_high::int and f.county is null
       and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
), named as (
    select o.*, n.name, n.born, coalesce(h.village, 0) as village,
           case when o.is_household then coalesce(m.members, 0) else 1 end as members
      from owed o
      left join people one on not o.is_household and one.county = o.county and one.person_no = o.beneficiary
      left join homes h on h.county = o.county
                       and h.household_no = case when o.is_household then o.beneficiary else one.household_no end
      left join members m on m.county = h.county and m.household_no = h.household_no
      join people n on n.county = o.county
                   and n.person_no = case when o.is_household then h.representative else o.beneficiary end
)
select county::text as county, period::text as period, village::text as village, programme::text as programme, name,
       members::text as members, count(*)::text as payments, sum(amount)::text as total
  from named
 where date '1970-01-01' + born <= make_date(period / 100, period % 100, 1) + interval '1 month' - interval '1 day'
                                   - interval '18 years'
   and (:village::bigint = 0 or village = :village::bigint)
 group by county, period, village, programme, is_household, beneficiary, name, members
 order by county, period, named.village, programme, name, beneficiary;
