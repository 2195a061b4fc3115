-- Whom of the register a new list names.
insert into screening_hit (county, person_no, list_no, line, identity, import_no)
select p.county, p.person_no, s.list_no, s.line, s.identity, min(p.import_no)
  from screening_row s
  join person p on substr(p.resident_id, 1, 16) = s.identity
 where s.list_no = :list_no::int
 group by p.county, p.person_no, s.list_no, s.line, s.identity;
