-- Lines that wait for a word of their bank: a return file that says what became of the payment or the batch.
select l.county::text as county, s.bank::text as bank, s.name as statement_file, l.line::text as line,
       case when l.is_credit then 'credit' else 'debit' end as direction, l.amount::text as amount,
       (date '1970-01-01' + l.value_day)::text as value_day,
       (today() - (date '1970-01-01' + l.value_day))::text as days,
       case when l.names = 2 then l.file_id
            else l.period || '/' || l.serial || ' attempt ' || l.attempt end as what,
       case when l.is_credit then 'late-return-not-reported' else 'debit-not-reported' end as kind
  from statement s
  join statement_result r using (statement_no)
  join statement_line l using (statement_no)
 where l.county between :region_low::int and :region_high::int and r.accepted
   and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
   and not exists (select from break k where k.statement_no = l.statement_no and k.line = l.line)
   and (l.county, s.bank, s.name collate "C", l.line)
       > (:after_county::bigint, :after_bank::bigint, :after_statement_file::text, :after_line::bigint)
 order by l.county, s.bank, s.name collate "C", l.line
 limit :most::bigint;
