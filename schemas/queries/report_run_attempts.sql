-- The lines of one unit of a re-issue run, a page at a time: line n of batch b is number b * 10000000 + n.
select l.county::text as county, (l.part / 1000 + 190000)::text as period, l.serial::text as serial,
       p.programme::text as programme, p.component::text as component, p.benefit_month::text as benefit_month,
       p.beneficiary::text as beneficiary, p.payee_kind::text as payee_kind, p.payee::text as payee,
       l.amount::text as amount, l.attempt::text as attempt,
       case o.kind when 1 then 'paid' when 2 then 'failed' else 'open' end as outcome,
       (l.batch_no::bigint * 10000000 + l.line)::text as line_no
  from unit u
  join reissue_line l on l.county = u.county and l.period = u.period and l.run_no = u.run_no
  join payment p on p.part = l.part and p.county = l.county and p.serial = l.serial
  left join outcome o on o.county = l.county and o.serial = l.serial and o.attempt = l.attempt and o.part = l.part
 where u.run_no = :run::int and u.county = :county::int
   and l.batch_no::bigint * 10000000 + l.line > :after::bigint
 order by l.batch_no, l.line
 limit :at_most::bigint;
