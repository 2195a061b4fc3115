-- Where the money of some months stands in one county, by programme, bank and fund: places as in ledger::FundPlace. A debit
-- is positive in the books; what stands on 2101, 2102 and 2111 is a credit.
with places (place, account, kind, sign) as (
    values (1, 2101, null::smallint, -1), (2, 2102, null, -1), (4, 2111, null, -1), (6, 1211, null, 1),
           -- What has arrived: money that left the agency bank for good, less what came back.
           (3, 1003, 5, -1), (3, 1003, 10, -1), (3, 1003, 26, -1),
           -- The credit was booked before it was known whose it was: only its end on 2111 has the payment's funds.
           (3, 2111, 23, 1),
           -- What was spent on benefits, in its year or seen from a later one.
           (5, 5001, 2, 1), (5, 5001, 35, 1), (5, 5001, 11, 1), (5, 3002, 12, 1), (5, 5001, 13, 1), (5, 3002, 14, 1),
           (5, 5001, 15, 1), (5, 3002, 16, 1)
)
select l.place::smallint, e.programme, e.period, case when l.place <= 3 then e.bank else 0 end::smallint, p.source, p.fund_year,
       p.purpose, sum(l.sign * p.amount)::bigint
  from entry e
 cross join lateral unnest(e.account, e.source, e.fund_year, e.purpose, e.amount) as p (account, source, fund_year, purpose, amount)
  join places l on l.account = p.account and (l.kind is null or l.kind = e.kind)
 where e.county = :county::int and e.period = any (:periods::int[])
 group by 1, 2, 3, 4, 5, 6, 7
having sum(l.sign * p.amount) <> 0
 order by 1, 2, 3, 4, 5, 6, 7;
