-- Persons of one county who have another number somewhere, with what the other number is enrolled in that month.
with numbers as (
    select s.identity, s.county, s.person_no
      from same_person s
     where s.identity in (select m.identity from same_person m where m.county = :county::int)
       and s.import_no <= :known_at::int
       and s.identity = (select substr(p.resident_id, 1, 16)
                       from person p
                      where p.county = s.county and p.person_no = s.person_no and p.import_no <= :known_at::int
                        and not p.absent
                      order by p.import_no desc, p.valid_from desc
                      limit 1)
)
select m.person_no, o.county, o.person_no, e.programme
  from numbers m
  join numbers o on o.identity = m.identity and (o.county, o.person_no) <> (m.county, m.person_no)
  join lateral (select p.household_no, p.absent
                  from person p
                 where p.county = o.county and p.person_no = o.person_no and p.import_no <= :known_at::int
                   and p.valid_from <= :month::int and :month::int < p.valid_to
                 order by p.import_no desc, p.valid_from desc
                 limit 1) h on not h.absent
  join lateral (select distinct on (x.person_no, x.programme) x.programme, x.absent
                  from enrolment x
                 where x.county = o.county and x.household_no = h.household_no and x.person_no in (0, o.person_no)
                   and x.import_no <= :known_at::int and x.valid_from <= :month::int and :month::int < x.valid_to
                 order by x.person_no, x.programme, x.import_no desc, x.valid_from desc) e on not e.absent
 where m.county = :county::int
 order by m.person_no, o.county, o.person_no, e.programme;
