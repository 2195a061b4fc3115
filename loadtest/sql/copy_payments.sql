select part, county, serial, programme, component, kind, benefit_month, beneficiary, payee_kind, payee, amount
  from payment_:part
 order by county, serial
