-- What reconciliation could not explain, with the batch and the line of the return file or statement, who has it, and how
-- it ended.
select k.county::text as county, coalesce(r.period::text, '') as period, coalesce(r.batch_no::text, '') as batch,
       k.break_no::text as break, k.kind, k.amount::text as amount, k.reference as payment, coalesce(rf.bank, s.bank)::text as bank,
       coalesce(rf.name, s.name) as return_file, encode(coalesce(rf.digest, s.digest), 'hex') as return_sha256,
       coalesce(k.return_no::text, '') as return_no, k.line::text as line, k.evidence,
       (extract(epoch from now() - k.at) / 86400)::int::text as days,
       coalesce((select o.owner
                   from break_owner o
                  where o.county = k.county and o.break_no = k.break_no
                  order by o.owner_no desc
                  limit 1), '') as owner,
       coalesce(e.resolution, l.resolution, '') as resolution, coalesce(coalesce(e.proposal_no, l.proposal_no)::text, '') as proposal,
       to_char(k.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at,
       coalesce(v.reason, 0)::text as reason_no
  from break k
  left join return_file rf using (return_no)
  left join statement s using (statement_no)
  left join return_result r using (return_no)
  left join break_resolution e on e.county = k.county and e.break_no = k.break_no
  left join late_return_end l on l.county = k.county and l.break_no = k.break_no
  left join reversal v on v.return_no = k.return_no and v.line = k.line and v.county = k.county and k.kind = 'late-return'
 where k.county between :region_low::int and :region_high::int
   and (k.county, k.break_no) > (:after_county::bigint, :after_break::bigint)
 order by k.county, k.break_no
 limit :most::bigint;
