-- Payments for one person that went to another (账卡不一致): the payee is a person and not the beneficiary.
select p.county::text as county, (p.part / 1000 + 190000)::text as period, p.serial::text as serial,
       p.programme::text as programme, p.benefit_month::text as benefit_month, p.beneficiary::text as beneficiary,
       p.payee::text as payee, p.amount::text as amount
  from payment p
 where p.county between :region_low::int and :region_high::int
   and p.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
   and p.payee_kind = 1 and abs(p.beneficiary) <> p.payee and (p.programme > 2 or p.beneficiary < 0)
 order by p.county, p.payee, p.benefit_month, p.programme;
