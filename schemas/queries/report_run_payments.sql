-- The payments of one unit of a regular run, a page of serials at a time, with the last word on each.
select u.county::text as county, u.period::text as period, p.serial::text as serial, p.programme::text as programme,
       p.component::text as component, p.benefit_month::text as benefit_month, p.beneficiary::text as beneficiary,
       p.payee_kind::text as payee_kind, p.payee::text as payee, p.amount::text as amount,
       coalesce(o.attempt, 1)::text as attempt,
       case o.kind when 1 then 'paid' when 2 then 'failed' else 'open' end as outcome
  from unit u
  join payment p on p.part = u.part and p.county = u.county
  left join lateral (select o.attempt, o.kind
                       from outcome o
                      where o.county = p.county and o.serial = p.serial and o.part = p.part
                      order by o.attempt desc
                      limit 1) o on true
 where u.run_no = :run::int and u.county = :county::int
   and p.county = :county::int and p.serial > :after::bigint and p.serial <= :after::bigint + :at_most::bigint
 order by p.serial;
