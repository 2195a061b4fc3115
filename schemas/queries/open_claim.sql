-- What a bank still owes of what was claimed from it, and how often it has given some of it back.
select k.bank, k.amount - coalesce(sum(c.amount), 0)::bigint, count(c.claim_no)::bigint
  from break k
  join break_resolution r using (county, break_no)
  left join claim_repayment c on c.county = k.county and c.claim_no = k.break_no
 where k.county = :county::int and k.break_no = :break_no::bigint and r.resolution = 'claim-from-bank'
 group by k.bank, k.amount;
