-- What reconciliation could not explain, with the batch and the line of the return file.
select k.county::text as county, coalesce(r.period::text, '') as period, coalesce(r.batch_no::text, '') as batch,
       k.break_no::text as break, k.kind, rf.bank::text as bank, rf.name as return_file,
       k.return_no::text as return_no, k.line::text as line, k.evidence,
       to_char(k.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at
  from break k
  join return_file rf using (return_no)
  left join return_result r using (return_no)
 where k.county between :region_low::int and :region_high::int
 order by k.county, k.break_no;
