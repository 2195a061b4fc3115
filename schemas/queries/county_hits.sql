-- Whom the lists name in one county. An identity that was corrected since no longer names its person.
select h.person_no, l.kind, h.list_no, h.line, r.from_day, r.until_day, r.note
  from screening_hit h
  join screening_list l using (list_no)
  join screening_row r using (list_no, line)
 where h.county = :county::int and h.import_no <= :known_at::int and h.list_no <= :lists_known::int
   and h.identity = (select substr(p.resident_id, 1, 16)
                       from person p
                      where p.county = h.county and p.person_no = h.person_no and p.import_no <= :known_at::int
                        and not p.absent
                      order by p.import_no desc, p.valid_from desc
                      limit 1)
 order by h.person_no, l.kind, h.list_no, h.line;
