-- What is still owed of a county's receivables, all that are open (receivable_no 0) or one, with what holds in a month.
select r.county, r.receivable_no, r.cause, r.origin, r.programme, r.component, r.benefit_month, r.beneficiary,
       r.household_no, r.person_no, r.payee_kind, r.payee, r.amount, r.found_day, r.prior_year::int, r.reason, r.made_by,
       coalesce(l.step, 0), coalesce(l.owed_after, r.amount), coalesce(i.monthly, -1)
  from receivable r
  left join lateral (select c.step, c.owed_after
                       from recovery c
                      where c.county = r.county and c.receivable_no = r.receivable_no
                      order by c.step desc
                      limit 1) l on true
  left join lateral (select i.monthly
                       from instalment i
                      where i.county = r.county and i.receivable_no = r.receivable_no and i.from_month <= :month::int
                      order by i.version desc
                      limit 1) i on true
 where r.county = :county::int
   and case :receivable_no::bigint when 0 then coalesce(l.owed_after, r.amount) > 0
            else r.receivable_no = :receivable_no::bigint end
 order by r.programme, r.beneficiary, r.receivable_no;
