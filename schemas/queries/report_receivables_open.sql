-- What is open of a region's receivables, together.
select coalesce(sum(coalesce(l.owed_after, r.amount)), 0)::text as open
  from receivable r
  left join lateral (select c.owed_after
                       from recovery c
                      where c.county = r.county and c.receivable_no = r.receivable_no
                      order by c.step desc
                      limit 1) l on true
 where r.county between :region_low::int and :region_high::int;
