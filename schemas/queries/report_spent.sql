-- What has left a county's special account or is promised to checked units other than those of one run, by programme;
-- 0 where it was for none.
select programme::text as programme, sum(amount)::text as total
  from (select e.programme, -p.amount as amount
          from entry e
          cross join lateral unnest(e.account, e.amount) as p (account, amount)
         where e.county = :county::int and e.kind <> 1 and p.account = 1002
        union all
        select b.programme, b.total
          from unit u
          join unit_step s using (run_no, county)
          join batch b using (run_no, county)
          left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                               and f.generation = u.generation
         where u.county = :county::int and u.kind <> 2 and s.step = 2 and f.fate is null and u.run_no <> :run::int) spent
 group by programme
 order by programme;
