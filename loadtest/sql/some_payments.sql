-- Payments to persons, all over a run, to ask about.
select county, part / 1000 + 190000 as period, serial, payee
  from payment
 where part in (select part from part where run_no = :run) and payee_kind = 1
 order by hashint8(serial * 7919 + county)
 limit 2000;
