-- The batches of released units, and no others, are with their banks: each once, numbered without gaps.
select 'batch ' || lpad(b.county::text, 6, '0') || '/' || b.period || '/' || b.batch_no as place,
       case when d.seq is null then 'it was released, but never dispatched'
            when f.fate is distinct from 'released' then 'it is with a bank, but was never released'
            when d.bank <> b.bank then 'it is with another bank than it was made for'
            else 'it was dispatched at another moment than it was released' end as what
  from batch b
  join unit u using (run_no, county)
  left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                       and f.generation = u.generation
  left join unit_step s on s.run_no = u.run_no and s.county = u.county and s.step = 3
  left join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                      and d.round = 1
 where (f.fate is not distinct from 'released') <> (d.seq is not null) or d.bank <> b.bank or d.at <> s.at
union all
select 'dispatch ' || bank || '/' || seq, 'the numbers before it have a gap'
  from (select bank, seq, row_number() over (partition by bank order by seq) as expected from dispatch) numbered
 where seq <> expected
 order by 1;
