-- Sent with the name of the part's own table in place of payment: it is read before it is attached, too.
select part, county, serial, programme, component, kind, benefit_month, beneficiary, payee_kind, payee, amount
  from payment
 where county = :county::int
 order by serial;
