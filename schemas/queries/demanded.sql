-- What was demanded back of each obligation so far, however it was found.
select programme, component, benefit_month, beneficiary, sum(amount)::bigint
  from receivable
 where county = :county::int and benefit_month >= :from::int and benefit_month < :before::int and origin <> 5
 group by programme, component, benefit_month, beneficiary
 order by beneficiary, programme, component, benefit_month;
