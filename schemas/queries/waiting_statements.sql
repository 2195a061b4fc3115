-- Those with lines that neither fit nor broke; of one bank, or of all (0).
select s.statement_no, s.bank, s.county, s.name, encode(s.digest, 'hex'), s.bytes, s.brought_by,
       encode(s.fingerprint, 'hex'), extract(epoch from s.at)::bigint
  from statement s
  join statement_result r using (statement_no)
 where :bank::smallint in (0, s.bank) and s.county between :low::int and :high::int and r.accepted
   and exists (select
                 from statement_line l
                where l.statement_no = s.statement_no
                  and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
                  and not exists (select from break k where k.statement_no = l.statement_no and k.line = l.line))
 order by s.statement_no;
