select s.statement_no, s.bank, s.county, s.name, encode(s.digest, 'hex'), s.bytes, s.brought_by,
       encode(s.fingerprint, 'hex'), extract(epoch from s.at)::bigint
  from statement s
  left join statement_result r using (statement_no)
 where r.statement_no is null
 order by s.statement_no;
