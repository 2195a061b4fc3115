-- Whom of a new import the lists name.
insert into screening_hit (county, person_no, list_no, line, identity, import_no)
select distinct p.county, p.person_no, s.list_no, s.line, s.identity, p.import_no
  from person p
  join screening_row s on s.identity = substr(p.resident_id, 1, 16)
 where p.import_no = :import_no::int and p.county = any (:counties::int[])
on conflict do nothing;
