-- What one unit owes for the first time, by programme: to be held against the money that there is.
select b.programme::text as programme, sum(b.total)::text as total
  from batch b
  join unit u using (run_no, county)
 where b.run_no = :run::int and b.county = :county::int and u.kind <> 2
 group by b.programme
 order by b.programme;
