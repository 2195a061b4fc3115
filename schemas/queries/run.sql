select run_no, kind, period, region, import_no, encode(policy_digest, 'hex'), made_by,
       extract(epoch from made_at)::bigint
  from run
 where run_no = :run_no::int;
