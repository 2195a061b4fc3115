select p.account, coalesce(sum(p.amount) filter (where p.amount > 0), 0)::bigint,
       coalesce(-sum(p.amount) filter (where p.amount < 0), 0)::bigint
  from entry e
 cross join lateral unnest(e.account, e.amount) as p (account, amount)
 where e.county between :low::int and :high::int and e.known_at <= to_timestamp(:known_at)
 group by p.account
 order by p.account;
