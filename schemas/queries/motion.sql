select p.proposal_no, p.county, p.kind, p.subject, p.detail, p.evidence, p.amount, p.needs_second::int, p.proposed_by,
       encode(p.fingerprint, 'hex'), extract(epoch from p.at)::bigint, (d.proposal_no is not null)::int, c.agreed::int
  from proposal p
  left join proposal_done d using (proposal_no)
  left join consent c using (proposal_no)
 where p.proposal_no = :proposal_no::bigint;
