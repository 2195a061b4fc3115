-- The money of each county: received by source (entries of kind 1), used (what else moved the special account), and
-- promised to units that are checked and not yet sent.
with moved as (
    select e.county, e.kind, p.source, p.amount
      from entry e
      cross join lateral unnest(e.account, e.source, e.amount) as p (account, source, amount)
     where e.county between :region_low::int and :region_high::int and p.account = 1002
), promised as (
    select county, sum(r.total) as total
      from unit u
      join unit_result r using (run_no, county)
      join unit_step s using (run_no, county)
      left join unit_fate f using (county, period, kind, generation)
     where county between :region_low::int and :region_high::int and u.kind <> 2 and s.step = 2 and f.fate is null
     group by county
)
select m.county::text as county,
       coalesce(sum(m.amount) filter (where m.kind = 1 and m.source = 1), 0)::text as central_total,
       coalesce(sum(m.amount) filter (where m.kind = 1 and m.source = 2), 0)::text as province_total,
       coalesce(sum(m.amount) filter (where m.kind = 1 and m.source = 3), 0)::text as prefecture_total,
       coalesce(sum(m.amount) filter (where m.kind = 1 and m.source = 4), 0)::text as own_total,
       (-coalesce(sum(m.amount) filter (where m.kind <> 1), 0))::text as used_total,
       coalesce(max(p.total), 0)::text as promised_total,
       (sum(m.amount) - coalesce(max(p.total), 0))::text as available_total,
       count(*) filter (where m.kind = 1)::text as receipts
  from moved m
  left join promised p using (county)
 group by m.county
 order by m.county;
