-- Whom the lists name, and who has several numbers, is what lists and register give.
with named as (
    select p.county, p.person_no, s.list_no, s.line, s.identity, min(p.import_no) as import_no
      from screening_row s
      join person p on substr(p.resident_id, 1, 16) = s.identity
     group by p.county, p.person_no, s.list_no, s.line, s.identity
), several as (
    -- Few have more than one: the others are not sorted.
    select substr(resident_id, 1, 16) as identity
      from person
     where octet_length(resident_id) > 16
     group by substr(resident_id, 1, 16)
    having min(county) <> max(county) or min(person_no) <> max(person_no)
), numbers as (
    select s.identity, p.county, p.person_no, min(p.import_no) as import_no
      from several s
      join person p on substr(p.resident_id, 1, 16) = s.identity and octet_length(p.resident_id) > 16
     group by s.identity, p.county, p.person_no
), matches as (
    select 'list ' || coalesce(n.list_no, h.list_no) || ' line ' || coalesce(n.line, h.line) as source,
           coalesce(n.county, h.county) as county, coalesce(n.person_no, h.person_no) as person_no,
           n.county is not null as is_due, h.county is not null as is_there
      from named n
      full join screening_hit h using (county, person_no, list_no, line, identity, import_no)
    union all
    select 'one identity, several numbers', coalesce(n.county, s.county), coalesce(n.person_no, s.person_no),
           n.county is not null, s.county is not null
      from numbers n
      full join same_person s using (identity, county, person_no, import_no)
)
select source || ', person ' || lpad(county::text, 6, '0') || '/' || person_no as place,
       case when is_due then 'the match is missing' else 'there is no such match' end as what
  from matches
 where is_due <> is_there
 order by 1;
