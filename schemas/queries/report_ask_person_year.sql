-- A person's yearly list (到人年度清单): each payment that arrived, with its project, month and day.
select p.county::text as county, (p.part / 1000 + 190000)::text as period, p.serial::text as serial,
       p.programme::text as programme, p.component::text as component, p.benefit_month::text as benefit_month,
       o.amount::text as amount, (date '1970-01-01' + o.value_day)::text as value_day
  from payment p
  join arrived o on o.county = p.county and o.serial = p.serial and o.part = p.part
 where p.county between :region_low::int and :region_high::int
   and (p.payee_kind = 1 and p.payee = :person::bigint
        or p.programme > 2 and p.beneficiary = :person::bigint
        or p.programme <= 2 and p.beneficiary = -(:person::bigint))
   and o.value_day between make_date(:year::int, 1, 1) - date '1970-01-01' and make_date(:year::int, 12, 31) - date '1970-01-01'
 order by o.value_day, p.part, p.serial;
