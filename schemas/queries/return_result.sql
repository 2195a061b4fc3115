select return_no, accepted::int, reason, coalesce(county, 0), period, coalesce(batch_no, 0),
       paid, paid_total, failed, failed_total, in_progress, breaks, coalesce(corrects, 0), repeated, returned, returned_total,
       corrected, corrected_total, extract(epoch from at)::bigint
  from return_result
 where return_no = :return_no::bigint;
