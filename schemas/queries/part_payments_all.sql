-- Sent with the name of the part's own table in place of payment: a part is read before it is attached, too.
select part, county, serial, programme, component, kind, benefit_month, beneficiary, payee_kind, payee, amount
  from payment
 order by county, serial;
