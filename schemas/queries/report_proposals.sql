-- Proposals about one receivable that nobody approved yet.
select p.proposal_no::text as proposal, p.kind::text as kind, p.amount::text as amount,
       coalesce(p.to_county::text, '') as to_county, p.officer, p.reason
  from recovery_proposal p
 where p.county = :county::int and p.receivable_no = :receivable::bigint
   and not exists (select from recovery c where c.county = p.county and c.proposal_no = p.proposal_no)
 order by p.proposal_no;
