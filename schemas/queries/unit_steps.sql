select county, step, encode(digest, 'hex'), officer, encode(fingerprint, 'hex'), extract(epoch from at)::bigint
  from unit_step
 where run_no = :run_no::int
 order by county, step;
