-- Every account that a person was ever known by, the last first, as it is sealed.
select bank, account_kind, holder, encode(account, 'hex'), import_no, valid_from
  from account
 where county = :county::int and payee_kind = 1 and payee = :person_no::bigint and not absent
 order by import_no desc, valid_from desc;
