-- Whom a register of officials' relatives names and who is paid all the same (优亲厚友): each payment owed to the person or to
-- the household of the person while the list names them, who checked it, what arrived, and which list says so. Units that were
-- cancelled are left out.
with named as (
    select h.county, h.person_no, h.list_no, h.line, l.snapshot_day, l.source, r.from_day, r.until_day, m.household_no,
           encode(substr(m.resident_id, 1, 8), 'hex') as pseudonym
      from screening_hit h
      join screening_list l using (list_no)
      join screening_row r using (list_no, line)
      join lateral (select household_no, resident_id
                      from person
                     where person.county = h.county and person.person_no = h.person_no
                     order by import_no desc, valid_from desc
                     limit 1) m on true
     where l.kind = 9 and h.county between :region_low::int and :region_high::int
)
select n.county::text as county, (p.part / 1000 + 190000)::text as period, p.serial::text as serial,
       p.programme::text as programme, p.benefit_month::text as benefit_month, p.beneficiary::text as beneficiary,
       n.household_no::text as household, n.person_no::text as person, n.pseudonym as person_pseudonym,
       n.list_no::text as list, n.line::text as list_line, (date '1970-01-01' + n.snapshot_day)::text as snapshot_day,
       n.source as list_source, coalesce(s.officer, '') as checked_by, p.amount::text as amount,
       coalesce(o.amount, 0)::text as paid_total
  from named n
  join payment p on p.county = n.county
                and p.beneficiary in (n.household_no, n.person_no, -n.person_no)
                and case when p.programme <= 2 and p.beneficiary > 0 then p.beneficiary = n.household_no
                         else abs(p.beneficiary) = n.person_no end
  join part using (part)
  join unit u on u.run_no = part.run_no and u.county = p.county
  left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                       and f.generation = u.generation and f.fate = 'cancelled'
  left join unit_step s on s.run_no = u.run_no and s.county = u.county and s.step = 2
  left join arrived o on o.county = p.county and o.serial = p.serial and o.part = p.part
 where f.county is null
   and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
   and (n.from_day = 0 or to_char(date '1970-01-01' + n.from_day, 'YYYYMM')::int <= p.benefit_month)
   and (n.until_day = 0 or to_char(date '1970-01-01' + n.until_day, 'YYYYMM')::int >= p.benefit_month)
 order by n.county, n.person_no, p.part, p.serial, n.list_no, n.line;
