select r.last_day, r.closing
  from statement_result r
  join statement s using (statement_no)
 where s.bank = :bank::smallint and s.county = :county::int and r.accepted and r.is_final
   and r.account_tag = decode(:account_tag, 'hex')
 order by r.last_day desc
 limit 1;
