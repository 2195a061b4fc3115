-- 2101 is what is checked and not sent, 2102 what is sent and not answered, county by county, counted from the batches
-- and outcomes themselves. Entries of later events (cancelled, offset, corrected) are taken from the books.
with stages as (
    select b.county, b.total, b.first_serial is not null as is_regular,
           s2.step is not null as is_checked, s3.step is not null as is_released,
           coalesce(not r.accepted, false) as is_refused
      from batch b
      left join unit_step s2 on s2.run_no = b.run_no and s2.county = b.county and s2.step = 2
      left join unit_step s3 on s3.run_no = b.run_no and s3.county = b.county and s3.step = 3
      left join lateral (select max(d.round) as round
                           from dispatch d
                          where d.county = b.county and d.period = b.period and d.batch_no = b.batch_no) d on true
      left join receipt r on r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
                         and r.round = d.round
), open_items as (
    select county, 2101 as account,
           sum(case when is_regular and is_checked and not is_released then total else 0 end
               + case when is_refused then total else 0 end) as open
      from stages
     group by county
    union all
    select county, 2102, sum(case when is_released and not is_refused then total else 0 end)
      from stages
     group by county
    union all
    select county, 2102, -sum(amount) from outcome group by county
    union all
    select e.county, p.account, -sum(p.amount)
      from entry e
     cross join lateral unnest(e.account, e.amount) as p (account, amount)
     where e.kind not in (2, 4, 5, 6, 7, 8) and p.account in (2101, 2102)
       and not (e.kind in (26, 27) and p.account = 2102)
     group by e.county, p.account
), balances as (
    select e.county, p.account, -sum(p.amount) as balance
      from entry e
     cross join lateral unnest(e.account, e.amount) as p (account, amount)
     where p.account in (2101, 2102)
     group by e.county, p.account
)
select 'account ' || account || ' of ' || lpad(county::text, 6, '0') as place,
       'its balance is ' || coalesce(b.balance, 0) || ' fen, the open items are ' || coalesce(o.open, 0) as what
  from (select county, account, sum(open) as open from open_items group by county, account) o
  full join balances b using (county, account)
 where coalesce(b.balance, 0) <> coalesce(o.open, 0)
 order by 1;
