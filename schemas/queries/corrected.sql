select distinct on (beneficiary, programme, component, benefit_month)
       programme, component, benefit_month, beneficiary, step, due
  from correction
 where county = :county::int and benefit_month >= :from::int and benefit_month < :before::int
 order by beneficiary, programme, component, benefit_month, step desc;
