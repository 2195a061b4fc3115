-- The rows that name the month; of one payee the last one holds.
select payee_kind, payee, import_no, valid_from, valid_to, absent, bank, account_kind, account, holder
  from account
 where county = :county::int and import_no <= :known_at::int
   and valid_from <= :month::int and :month::int < valid_to
 order by payee_kind, payee, import_no, valid_from;
