-- Payees whose account in a month is another one than what was known of that month at an earlier import; who had none then
-- is new and not changed. Sealed numbers are equal where the numbers are.
select distinct n.payee_kind, n.payee, n.import_no
  from account n
  join lateral (select b.bank, b.account, b.holder, b.absent
                  from account b
                 where b.county = n.county and b.payee_kind = n.payee_kind and b.payee = n.payee
                   and b.import_no <= :earlier::int and b.valid_from <= :month::int and b.valid_to > :month::int
                 order by b.import_no desc, b.valid_from desc
                 limit 1) o on not o.absent
 where n.county = :county::int and n.import_no > :earlier::int and n.import_no <= :known_at::int
   and n.valid_from <= :month::int and n.valid_to > :month::int and not n.absent
   and (n.bank, n.account, n.holder) is distinct from (o.bank, o.account, o.holder)
   and not exists (select from account l
                    where l.county = n.county and l.payee_kind = n.payee_kind and l.payee = n.payee
                      and l.import_no > n.import_no and l.import_no <= :known_at::int
                      and l.valid_from <= :month::int and l.valid_to > :month::int)
 order by n.payee_kind, n.payee;
