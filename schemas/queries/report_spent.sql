-- What left a county's special account of no known fund, before its money was on record, or is promised so to units that
-- are checked and neither sent nor withdrawn, by programme; 0 where it was for none.
select programme::text as programme, sum(amount)::text as total
  from (select e.programme,
               case when p.account = 1002 then -p.amount
                    when e.kind = 3 then -p.amount
                    else p.amount end as amount
          from entry e
         cross join lateral unnest(e.account, e.source, e.amount) as p (account, source, amount)
         where e.county = :county::int and p.source = 0
           and (p.account = 1002 or (e.kind in (2, 11) and p.account = 5001 and e.cause like 'batch %')
                or (e.kind = 3 and p.account = 1003 and position(' from bank ' in e.cause) = 0))) spent
 group by programme
 order by programme;
