-- Everything that one person was owed or paid: as beneficiary, as the only member of a single-person dibao, as
-- representative of the household that was owed, or as who is paid for somebody else. Those for whom this person is or
-- was named in the register come first, so that payments are found by the key that they have.
with for_others as (
    select h.household_no as beneficiary
      from household h
     where h.county = :county::int and h.representative = :person::bigint
    union
    select unnest(array[e.person_no, -e.person_no, e.household_no])
      from enrolment e
     where e.county = :county::int and e.payee = :person::bigint and e.payee <> 0
    union
    select unnest(array[:person::bigint, -(:person::bigint)])
), own as (
    select p.part, p.serial, p.programme, p.component, p.benefit_month, p.beneficiary, p.payee_kind, p.payee, p.amount,
           u.run_no, u.period, u.kind, u.generation
      from unit u
      join lateral payments_of(u.part, u.county, array(select beneficiary from for_others)) p on true
     where u.county = :county::int and u.part is not null
       and ((p.programme > 2 and p.beneficiary = :person::bigint)
            or (p.programme <= 2 and (p.beneficiary = -(:person::bigint)
                                      or p.beneficiary in (select h.household_no
                                                             from household h
                                                            where h.county = :county::int
                                                              and h.representative = :person::bigint)))
            or (p.payee_kind = 1 and p.payee = :person::bigint))
), answered as materialized (
    select o.*
      from (select part, array_agg(serial) as serials from own group by part) asked
      join lateral outcomes_in(asked.part, :county::int, asked.serials) o on true
)
select (:county::int)::text as county, p.period::text as period, p.serial::text as serial,
       p.programme::text as programme, p.component::text as component, p.benefit_month::text as benefit_month,
       p.beneficiary::text as beneficiary, p.payee_kind::text as payee_kind, p.payee::text as payee,
       p.amount::text as amount, greatest(coalesce(o.attempt, 0), coalesce(r.attempt, 1))::text as attempts,
       case when f.fate = 'cancelled' then 'cancelled'
            when f.fate is null then 'not-released'
            when o.ended = 'paid' then 'paid'
            when o.ended = 'cancelled' then 'cancelled'
            when o.reversed is not null and coalesce(r.attempt, 1) <= o.attempt then o.reversed
            when o.kind = 1 and o.reversed is null then 'paid'
            when o.kind = 2 and coalesce(r.attempt, 1) <= o.attempt then 'failed'
            else 'in-transit' end as state,
       coalesce((date '1970-01-01' + o.value_day)::text, '') as value_day
  from own p
  left join unit_fate f on f.county = :county::int and f.period = p.period and f.kind = p.kind
                       and f.generation = p.generation
  left join lateral (select o.attempt, o.kind, o.value_day, fate.fate as ended,
                            case v.kind when 3 then 'returned' when 4 then 'corrected' end as reversed
                       from answered o
                       left join reversal v on v.county = o.county and v.serial = o.serial
                                           and v.attempt = o.attempt and v.part = o.part
                       left join failure_fate fate on fate.county = o.county and fate.serial = o.serial
                                                  and fate.attempt = o.attempt and fate.part = o.part
                      where o.serial = p.serial and o.part = p.part
                      order by o.attempt desc
                      limit 1) o on true
  left join lateral (select max(r.attempt) as attempt
                       from reissue r
                      where r.county = :county::int and r.serial = p.serial and r.part = p.part) r on true
 order by p.benefit_month, p.programme, p.component, p.part, p.serial;
