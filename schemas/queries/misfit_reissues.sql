-- The planned lines of released re-issue units, and no others, are attempts; each follows its failure over its amount.
select 'batch ' || lpad(coalesce(l.county, r.county)::text, 6, '0') || '/' || coalesce(l.period, r.period) || '/'
       || coalesce(l.batch_no, r.batch_no) || ' line ' || coalesce(l.line, r.line) as place,
       case when r.part is null then 'its unit was released, but the attempt is not on record'
            when l.part is null then 'an attempt on record that no released unit planned'
            else 'the attempt on record is not the one that was planned' end as what
  from (select n.*
          from reissue_line n
          join unit u using (run_no, county)
          join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                          and f.generation = u.generation and f.fate = 'released') l
  full join reissue r using (county, period, batch_no, line)
 where (l.part, l.serial, l.attempt, l.run_no, l.amount) is distinct from (r.part, r.serial, r.attempt, r.run_no, r.amount)
 order by 1;
