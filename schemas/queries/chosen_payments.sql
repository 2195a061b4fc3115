-- Sent with the name of the part's own table in place of payment, like part_payments.
select part, county, serial, programme, component, kind, benefit_month, beneficiary, payee_kind, payee, amount
  from payment
 where county = :county::int and serial = any (:serials::int[]);
