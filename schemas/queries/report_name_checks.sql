-- Rounds of name checks, and what the banks said.
select lpad(c.county::text, 6, '0') as county, c.bank::text as bank, c.file_id as file, c.lines::text as lines,
       to_char(c.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as asked_at, c.made_by,
       coalesce(to_char(a.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as answered_at,
       (select count(*) from name_verdict v where v.check_no = c.check_no and v.reason = 0)::text as agreed,
       (select count(*) from name_verdict v where v.check_no = c.check_no and v.reason not in (0, 19))::text as differing
  from name_check c
  left join name_answer a using (check_no)
 where c.county between :region_low::int and :region_high::int
   and (c.county, c.file_id collate "C") > (:after_county::bigint, :after_file::text)
 order by c.county, c.file_id collate "C"
 limit :most::bigint;
