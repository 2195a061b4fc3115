-- One account under three payees or more who are not of one household. The account itself is not shown.
with held as (
    select distinct on (a.county, a.payee_kind, a.payee) a.county, a.payee, a.bank, a.absent,
           substr(a.account, 1, 16) as account
      from account a
     where a.county between :region_low::int and :region_high::int and a.payee_kind = 1
     order by a.county, a.payee_kind, a.payee, a.import_no desc, a.valid_from desc
), shared as (
    select account, count(*) as payees
      from held
     where not absent
     group by account
    having count(*) >= 3
)
select h.county::text as county, s.payees::text as payees, h.payee::text as payee,
       coalesce(p.household_no::text, '') as household, h.bank::text as bank,
       dense_rank() over (order by s.payees desc, s.account)::text as account_group
  from shared s
  join held h on h.account = s.account and not h.absent
  left join lateral (select x.household_no
                       from person x
                      where x.county = h.county and x.person_no = h.payee
                      order by x.import_no desc, x.valid_from desc
                      limit 1) p on true
 order by s.payees desc, s.account, h.county, h.payee;
