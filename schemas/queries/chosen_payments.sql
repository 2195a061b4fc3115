-- Sent with the name of the part's own table in place of payment, like part_payments. The serials lie between first
-- and last: the index on (county, serial) is a BRIN, which knows ranges and no lists. A list that it could see, it would
-- be asked for element by element; behind the sum it is a filter.
select part, county, serial, programme, component, kind, benefit_month, beneficiary, payee_kind, payee, amount
  from payment
 where county = :county::int and serial between :first::int and :last::int and serial + 0 = any (:serials::int[]);
