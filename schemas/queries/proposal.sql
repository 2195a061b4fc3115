select receivable_no, kind, amount, coalesce(to_county, 0), reason, officer, encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint
  from recovery_proposal
 where county = :county::int and proposal_no = :proposal_no::bigint;
