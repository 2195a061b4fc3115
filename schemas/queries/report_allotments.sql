-- Documents with what they allot and what was received under them, by source; a document without a recorded allotment has
-- neither purpose nor ceiling.
with received as (
    select e.county, split_part(substr(e.cause, 10), ' receipt ', 1) as document, p.source, p.amount
      from entry e
      cross join lateral unnest(e.account, e.source, e.amount) as p (account, source, amount)
     where e.county between :region_low::int and :region_high::int and e.kind = 1 and p.account = 1002
), by_document as (
    select county, document,
           sum(amount) filter (where source = 1) as central, sum(amount) filter (where source = 2) as province,
           sum(amount) filter (where source = 3) as prefecture, sum(amount) filter (where source = 4) as own
      from received
     group by county, document
)
select county::text as county, document, coalesce(a.purpose, 0)::text as purpose, coalesce(a.year, 0)::text as year,
       coalesce(a.central, 0)::text as central_allotted_total, coalesce(r.central, 0)::text as central_total,
       coalesce(a.province, 0)::text as province_allotted_total, coalesce(r.province, 0)::text as province_total,
       coalesce(a.prefecture, 0)::text as prefecture_allotted_total,
       coalesce(r.prefecture, 0)::text as prefecture_total,
       coalesce(a.own, 0)::text as own_allotted_total, coalesce(r.own, 0)::text as own_total
  from (select * from allotment where county between :region_low::int and :region_high::int) a
  full join by_document r using (county, document)
 order by county, document;
