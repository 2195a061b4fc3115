select outlier_no, kind, serial, programme, payee_kind, payee, payments, amount, bound, evidence
  from outlier
 where run_no = :run_no::int and county = :county::int
 order by outlier_no;
