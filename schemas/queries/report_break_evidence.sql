-- Where a break stands: its file and line, and the run by whose profile a return file was read. `about` is the return file
-- of which a statement should have told.
select k.kind, k.reference as payment, k.evidence, k.line::text as line, (k.return_no is not null)::int::text as is_return,
       coalesce(rf.name, s.name) as file, encode(coalesce(rf.digest, s.digest), 'hex') as sha256,
       coalesce(rf.bank, s.bank)::text as bank, coalesce(b.run_no, 0)::text as run, coalesce(o.name, '') as about_file,
       coalesce(encode(o.digest, 'hex'), '') as about_sha256
  from break k
  left join return_file rf on rf.return_no = k.return_no
  left join return_result r on r.return_no = k.return_no
  left join batch b on b.county = r.county and b.period = r.period and b.batch_no = r.batch_no
  left join statement s on s.statement_no = k.statement_no
  left join return_file o on o.return_no = k.of_return
 where k.county = :county::int and k.break_no = :break::bigint;
