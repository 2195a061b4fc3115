-- What one unit owes for the first time, by programme: to be held against the money that there is. What it keeps of
-- payments for receivables of a closed year is needed, too: it goes to the treasury.
select programme::text as programme, sum(total)::text as total
  from (select b.programme, b.total
          from batch b
          join unit u using (run_no, county)
         where b.run_no = :run::int and b.county = :county::int and u.kind <> 2
        union all
        select r.programme, l.amount
          from offset_line l
          join receivable r using (county, receivable_no)
         where l.run_no = :run::int and l.county = :county::int and r.prior_year) needs
 group by programme
 order by programme;
