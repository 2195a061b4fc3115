-- What a checker must look at in a run, with who accepted it and why.
select o.county::text as county, o.outlier_no::text as outlier, o.kind::text as outlier_kind, u.period::text as period,
       o.serial::text as serial, o.programme::text as programme, o.payee_kind::text as payee_kind, o.payee::text as payee,
       o.payments::text as payments, o.amount::text as total, o.bound::text as bound_total, o.evidence,
       coalesce(a.officer, '') as accepted_by, coalesce(a.reason, '') as accepted_because
  from outlier o
  join unit u using (run_no, county)
  left join outlier_acceptance a using (run_no, county, outlier_no)
 where o.run_no = :run::int and o.county between :region_low::int and :region_high::int
   and (o.county, o.outlier_no) > (:after_county::bigint, :after_outlier::bigint)
 order by o.county, o.outlier_no
 limit :most::bigint;
