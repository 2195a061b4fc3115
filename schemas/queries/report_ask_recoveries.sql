-- 追缴台账: what was paid too much, found up to a day: for which month and programme, from whom, what came back in cash, by
-- offset, what was written off or handed over, and what is open as of that day.
select r.county::text as county, r.receivable_no::text as receivable, r.programme::text as programme,
       r.benefit_month::text as benefit_month, r.beneficiary::text as beneficiary, r.payee::text as payee,
       case r.origin when 1 then 'difference' when 2 then 'double-payment' when 3 then 'death' when 4 then 'other'
            else 'taken-over' end as origin,
       r.prior_year::text as closed_year, r.reason as because, (date '1970-01-01' + r.found_day)::text as found_day,
       r.amount::text as amount,
       coalesce(sum(c.amount) filter (where c.kind = 1), 0)::text as cash_total,
       coalesce(sum(c.amount) filter (where c.kind = 2), 0)::text as offset_total,
       coalesce(sum(c.amount) filter (where c.kind = 3), 0)::text as written_off_total,
       coalesce(sum(c.amount) filter (where c.kind = 4), 0)::text as handed_over_total,
       (r.amount - coalesce(sum(c.amount), 0))::text as open_total,
       coalesce((date '1970-01-01' + max(c.value_day))::text, '') as last_day
  from receivable r
  left join recovery c on c.county = r.county and c.receivable_no = r.receivable_no
                      and c.value_day <= :as_of::date - date '1970-01-01'
 where r.county between :region_low::int and :region_high::int and r.found_day <= :as_of::date - date '1970-01-01'
 group by r.county, r.receivable_no
 order by r.county, r.receivable_no;
