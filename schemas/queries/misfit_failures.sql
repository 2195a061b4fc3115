-- A failure repeats what its outcome or reversal, its payment and its batch say.
select 'payment ' || lpad(coalesce(f.county, o.county)::text, 6, '0') || '/'
       || coalesce(f.part, o.part) / 1000 + 190000 || '/' || coalesce(f.serial, o.serial) || ' attempt '
       || coalesce(f.attempt, o.attempt) as place,
       case when f.part is null then 'it failed, but is not among the failures'
            when o.part is null then 'it is among the failures, but did not fail'
            else 'its failure says something else than its outcome' end as what
  from failure f
  full join (select part, county, serial, attempt, kind, reason, amount, return_no, line, value_day from outcome where kind = 2
             union all
             select part, county, serial, attempt, kind, reason, amount, return_no, line, value_day from reversal) o
    using (county, serial, attempt, part, kind)
 where f.part is null or o.part is null
    or (f.reason, f.amount, f.return_no, f.line, f.value_day)
       is distinct from (o.reason, o.amount, o.return_no::bigint, o.line, o.value_day)
union all
select 'payment ' || lpad(f.county::text, 6, '0') || '/' || f.part / 1000 + 190000 || '/' || f.serial,
       'its failure names another payee, programme or bank than the payment and its batch'
  from failure f
  left join payment p using (county, serial, part)
  left join return_result r using (return_no)
  left join batch b on b.county = r.county and b.period = r.period and b.batch_no = r.batch_no
 where (f.programme, f.payee_kind, f.payee, f.bank)
       is distinct from (p.programme, p.payee_kind, p.payee, b.bank)
 order by 1;
