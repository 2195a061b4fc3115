select county, receivable_no, step, kind, amount, owed_before, value_day, document, officer, fingerprint,
       extract(epoch from at)::bigint as at, coalesce(run_no, 0) as run_no, coalesce(serial, 0) as serial,
       coalesce(proposal_no, 0) as proposal_no
  from recovery
 order by county, receivable_no, step;
