-- One account for n or more payees (一卡多人). The account is shown as its pseudonym: the same account has the same one in
-- every question.
with latest as (
    select distinct on (county, payee_kind, payee) county, payee_kind, payee, account, bank, absent
      from account
     where county between :region_low::int and :region_high::int
     order by county, payee_kind, payee, import_no desc, valid_from desc
), shared as (
    select account, count(*) as payees
      from latest
     where not absent
     group by account
    having count(*) >= :payees::int
)
select l.county::text as county, encode(substr(l.account, 1, 8), 'hex') as account_pseudonym, l.bank::text as bank,
       l.payee_kind::text as payee_kind, l.payee::text as payee, s.payees::text as payees
  from shared s
  join latest l using (account)
 where not l.absent
 order by 2, l.county, l.payee_kind, l.payee;
