-- Receivables of a region of which something is open, with what holds in a month, by their numbers.
select r.county::text as county, r.receivable_no::text as receivable, r.origin::text as origin, r.programme::text as programme,
       r.benefit_month::text as benefit_month, r.beneficiary::text as beneficiary, r.payee::text as payee,
       r.amount::text as amount, coalesce(l.owed_after, r.amount)::text as open, coalesce(i.monthly::text, '') as monthly,
       r.found_day::text as found, r.prior_year::text as prior_year
  from receivable r
  left join lateral (select c.owed_after
                       from recovery c
                      where c.county = r.county and c.receivable_no = r.receivable_no
                      order by c.step desc
                      limit 1) l on true
  left join lateral (select i.monthly
                       from instalment i
                      where i.county = r.county and i.receivable_no = r.receivable_no and i.from_month <= :month::int
                      order by i.version desc
                      limit 1) i on true
 where r.county between :region_low::int and :region_high::int and coalesce(l.owed_after, r.amount) > 0
   and (r.county, r.receivable_no) > (:after_county::bigint, :after_receivable::bigint)
 order by r.county, r.receivable_no
 limit :most::bigint;
