-- What some of a run's findings hold: those behind one, up to another.
select f.county::text as county, f.subject, h.programme::text as programme_no, h.benefit_month::text as benefit_month,
       h.beneficiary::text as beneficiary, h.payee::text as payee, h.amount::text as amount
  from finding f
  join hold h using (run_no, county, finding_no)
 where f.run_no = :run::int and f.county between :region_low::int and :region_high::int
   and (f.county, f.subject collate "C") > (:after_county::bigint, :after_subject::text)
   and (f.county, f.subject collate "C") <= (:last_county::bigint, :last_subject::text)
 order by f.county, h.hold_no;
