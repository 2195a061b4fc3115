select 'import ' || coalesce(c.import_no, e.import_no) || '/' || lpad(coalesce(c.county, e.county)::text, 6, '0') as place,
       coalesce(c.enrolments, 0) || ' enrolments are counted, ' || coalesce(e.enrolments, 0) || ' are on record' as what
  from import_county c
  full join (select import_no, county, count(*) as enrolments from enrolment group by import_no, county) e
    using (import_no, county)
 where c.enrolments is distinct from e.enrolments
 order by 1;
