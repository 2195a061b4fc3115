-- What auditors asked and took away, from the acts in the log.
select act_no::text as act, to_char(at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at,
       split_part(text, '|', 2) as officer, split_part(text, '|', 4) as asked
  from act
 where kind = 'asked' and at::date <= :as_of::date
 order by act_no desc
 limit 1000;
