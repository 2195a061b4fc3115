-- What a return file brought is what its entries say. Words about a re-issue have an entry for each month.
with booked as (
    select county, kind, regexp_replace(cause, ' of [0-9]{6}$', '') as cause, sum(lines) as lines,
           sum(line_total) as line_total
      from entry
     where kind in (5, 6, 10, 26)
     group by 1, 2, 3
)
select 'return result of ' || f.name as place,
       'it says ' || r.paid || ' paid over ' || r.paid_total || ' fen and ' || r.failed || ' failed over '
       || r.failed_total || ' fen; its entries say ' || coalesce(p.lines, 0) || ' over ' || coalesce(p.line_total, 0)
       || ' and ' || coalesce(n.lines, 0) || ' over ' || coalesce(n.line_total, 0) as what
  from return_result r
  join return_file f using (return_no)
  left join booked p on p.county = r.county and p.kind = 5 and p.cause = 'return ' || r.return_no
  left join booked n on n.county = r.county and n.kind = 6 and n.cause = 'return ' || r.return_no
 where r.accepted
   and (r.paid, r.paid_total, r.failed, r.failed_total)
       is distinct from (coalesce(p.lines, 0), coalesce(p.line_total, 0), coalesce(n.lines, 0), coalesce(n.line_total, 0))
union all
select 'return result of ' || f.name,
       'it says ' || r.returned || ' taken back over ' || r.returned_total || ' fen and ' || r.corrected
       || ' corrected over ' || r.corrected_total || ' fen; its entries say otherwise'
  from return_result r
  join return_file f using (return_no)
  left join booked p on p.county = r.county and p.kind = 10 and p.cause = 'return ' || r.return_no
  left join booked n on n.county = r.county and n.kind = 26 and n.cause = 'return ' || r.return_no
 where r.accepted
   and (r.returned, r.returned_total, r.corrected, r.corrected_total)
       is distinct from (coalesce(p.lines, 0), coalesce(p.line_total, 0), coalesce(n.lines, 0), coalesce(n.line_total, 0))
 order by 1;
