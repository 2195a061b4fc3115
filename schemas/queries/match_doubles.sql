-- Who of a new import has another number already, here or in another county. A row that withdraws may come without
-- an identity.
with brought as (
    select distinct substr(resident_id, 1, 16) as identity
      from person
     where import_no = :import_no::int and county = any (:counties::int[]) and octet_length(resident_id) > 16
), numbers as (
    select b.identity, p.county, p.person_no, min(p.import_no) as import_no,
           count(*) over (partition by b.identity) as several
      from brought b
      join person p on substr(p.resident_id, 1, 16) = b.identity
     group by b.identity, p.county, p.person_no
)
insert into same_person (identity, county, person_no, import_no)
select identity, county, person_no, import_no from numbers where several > 1
on conflict do nothing;
