select e.entry_no, e.cause
  from break k
  join entry e on e.county = k.county and e.kind = 22 and e.cause = 'statement ' || k.statement_no || ' line ' || k.line
 where k.county = :county::int and k.break_no = :break_no::bigint;
