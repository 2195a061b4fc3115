-- What became of a bank's statement, by its name.
select s.statement_no, r.accepted, coalesce(r.reason, ''), coalesce(r.lines, 0)::bigint,
       (select count(*) from statement_fit f where f.statement_no = s.statement_no),
       (select count(*) from break k where k.statement_no = s.statement_no and k.line > 0)
  from statement s
  left join statement_result r using (statement_no)
 where s.bank = :bank::smallint and s.name = :name;
