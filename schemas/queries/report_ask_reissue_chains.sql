-- Every payment that was tried more than once (重发跟踪): each attempt, when, by which run, what came of it.
select r.county::text as county, (r.part / 1000 + 190000)::text as period, r.serial::text as serial, f.attempt::text as attempt,
       f.reason::text as reason, f.amount::text as amount, (date '1970-01-01' + f.value_day)::text as value_day,
       r.attempt::text as next_attempt, r.run_no::text as run, r.period::text as next_period,
       coalesce(case v.kind when 3 then 'returned' when 4 then 'corrected' end,
                case o.kind when 1 then 'paid' when 2 then 'failed' end, 'in-transit') as outcome,
       coalesce((date '1970-01-01' + o.value_day)::text, '') as outcome_day
  from reissue r
  join failure f on f.county = r.county and f.serial = r.serial and f.part = r.part and f.attempt = r.attempt_before
  left join outcome o on o.county = r.county and o.serial = r.serial and o.attempt = r.attempt and o.part = r.part
  left join reversal v on v.county = r.county and v.serial = r.serial and v.attempt = r.attempt and v.part = r.part
 where r.county between :region_low::int and :region_high::int
   and r.part between (:from_period::int - 190000) * 1000 and (:to_period::int - 190000) * 1000 + 999
 order by r.county, r.part, r.serial, r.attempt;
