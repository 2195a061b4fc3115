-- Whom lists of other authorities name (服刑、财政供养、死亡、购房购车…): each finding of the runs of some months, by which list as of
-- which day, how much it concerns, and who released it and why.
select f.county::text as county, u.period::text as period, f.run_no::text as run, f.finding_no::text as finding,
       f.kind::text as list_kind, coalesce((date '1970-01-01' + l.snapshot_day)::text, '') as snapshot_day,
       coalesce(l.source, '') as list_source, f.household_no::text as household, f.person_no::text as person,
       coalesce(p.pseudonym, '') as person_pseudonym, f.payments::text as payments, f.total::text as total,
       case when not f.holds then 'shown' when c.officer is not null then 'released' else 'held' end as state,
       coalesce(m.officer, '') as proposed_by, coalesce(c.officer, '') as released_by, coalesce(c.reason, '') as because,
       f.evidence
  from finding f
  join unit u using (run_no, county)
  left join screening_list l using (list_no)
  left join finding_release m on m.county = f.county and m.subject = f.subject and m.step = 1
  left join finding_release c on c.county = f.county and c.subject = f.subject and c.step = 2
  left join lateral (select encode(substr(resident_id, 1, 8), 'hex') as pseudonym
                       from person
                      where person.county = f.county and person.person_no = f.person_no and not person.absent
                      order by import_no desc, valid_from desc
                      limit 1) p on true
 where f.county between :region_low::int and :region_high::int
   and u.period between :from_period::int and :to_period::int
 order by f.county, u.period, f.run_no, f.finding_no;
