select kind, region, officer, encode(fingerprint, 'hex'), reason, extract(epoch from at)::bigint
  from stale_acceptance
 where run_no = :run_no::int
 order by kind, region;
