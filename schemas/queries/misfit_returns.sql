-- What a return file brought is what its entries say.
select 'return result of ' || f.name as place,
       'it says ' || r.paid || ' paid over ' || r.paid_total || ' fen and ' || r.failed || ' failed over '
       || r.failed_total || ' fen; its entries say ' || coalesce(p.lines, 0) || ' over ' || coalesce(p.line_total, 0)
       || ' and ' || coalesce(n.lines, 0) || ' over ' || coalesce(n.line_total, 0) as what
  from return_result r
  join return_file f using (return_no)
  left join entry p on p.county = r.county and p.kind = 5 and p.cause = 'return ' || r.return_no
  left join entry n on n.county = r.county and n.kind = 6 and n.cause = 'return ' || r.return_no
 where r.accepted
   and (r.paid, r.paid_total, r.failed, r.failed_total)
       is distinct from (coalesce(p.lines, 0), coalesce(p.line_total, 0), coalesce(n.lines, 0), coalesce(n.line_total, 0))
union all
select 'return result of ' || f.name,
       'it says ' || r.returned || ' taken back over ' || r.returned_total || ' fen and ' || r.corrected
       || ' corrected over ' || r.corrected_total || ' fen; its entries say otherwise'
  from return_result r
  join return_file f using (return_no)
  left join entry p on p.county = r.county and p.kind = 10 and p.cause = 'return ' || r.return_no
  left join entry n on n.county = r.county and n.kind = 26 and n.cause = 'return ' || r.return_no
 where r.accepted
   and (r.returned, r.returned_total, r.corrected, r.corrected_total)
       is distinct from (coalesce(p.lines, 0), coalesce(p.line_total, 0), coalesce(n.lines, 0), coalesce(n.line_total, 0))
 order by 1;
