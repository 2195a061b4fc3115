-- Failed attempts that nothing followed: the open items of account 2111.
select f.county::text as county, (f.part / 1000 + 190000)::text as period, f.serial::text as serial,
       f.attempt::text as attempt,
       case f.kind when 3 then 'returned' when 4 then 'corrected' else 'failed' end as standing, f.reason::text as reason, f.amount::text as amount, f.bank::text as bank,
       bank.name as bank_name, f.programme::text as programme, f.payee_kind::text as payee_kind,
       f.payee::text as payee, (date '1970-01-01' + f.value_day)::text as value_day,
       f.return_no::text as return_no, f.line::text as line
  from failure f
  join bank using (bank)
  left join failure_fate fate
    on fate.county = f.county and fate.serial = f.serial and fate.attempt = f.attempt and fate.part = f.part
 where f.county between :region_low::int and :region_high::int and fate.county is null
   and (f.county, f.part / 1000 + 190000, f.serial, f.attempt)
       > (:after_county::bigint, :after_period::bigint, :after_serial::bigint, :after_attempt::bigint)
 order by f.county, f.part / 1000, f.serial, f.attempt
 limit :most::bigint;
