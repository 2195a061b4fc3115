-- Runs that have counties in common with a region, by their numbers.
select r.run_no::text as run, r.kind::text as kind, r.period::text as period, r.region, r.made_by,
       to_char(r.made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as made_at
  from run r
 where (starts_with(r.region, :region::text) or starts_with(:region::text, r.region)) and r.run_no > :after_run::bigint
 order by r.run_no
 limit :most::bigint;
