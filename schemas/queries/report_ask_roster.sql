-- The roster (花名册): every payment that is owed, with the payee's pseudonym instead of the identity number.
with people as (
    select distinct on (county, person_no) county, person_no, household_no, left(name, 1) || '*' as name, resident_id
      from person
     where county between :region_low::int and :region_high::int
     order by county, person_no, import_no desc, valid_from desc
)
select p.county::text as county, (p.part / 1000 + 190000)::text as period, p.serial::text as serial,
       p.programme::text as programme, p.component::text as component, p.beneficiary::text as beneficiary,
       p.payee_kind::text as payee_kind, p.payee::text as payee, coalesce(m.name, '') as payee_name,
       coalesce(encode(substr(m.resident_id, 1, 8), 'hex'), '') as person_pseudonym, p.amount::text as amount,
       case when o.ended in ('paid', 'cancelled') then o.ended
            when o.reversed is not null then o.reversed
            else case o.kind when 1 then 'paid' when 2 then 'failed' else 'open' end end as outcome
  from payment p
  join part using (part)
  join unit u on u.run_no = part.run_no and u.county = p.county
  join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                  and f.generation = u.generation and f.fate = 'released'
  left join people m on p.payee_kind = 1 and m.county = p.county and m.person_no = p.payee
  left join lateral (select o.kind, fate.fate as ended,
                            case v.kind when 3 then 'returned' when 4 then 'corrected' end as reversed
                       from outcome o
                       left join reversal v using (county, serial, attempt, part)
                       left join failure_fate fate using (county, serial, attempt, part)
                      where o.county = p.county and o.serial = p.serial and o.part = p.part
                      order by o.attempt desc
                      limit 1) o on true
 where p.county between :region_low::int and :region_high::int
   and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
 order by p.county, p.part, p.serial;
