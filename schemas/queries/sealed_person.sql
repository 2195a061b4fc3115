-- What is known of a person last: the name, and the resident ID as it is sealed.
select name, encode(resident_id, 'hex')
  from person
 where county = :county::int and person_no = :person_no::bigint and not absent
 order by import_no desc, valid_from desc
 limit 1;
