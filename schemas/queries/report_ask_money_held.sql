-- Money that lies still for more than n days, and where (滞留): checked and not released, at a bank without an answer,
-- failed and followed by nothing. `as_of` is the day of asking.
with stages as (
    select b.county, b.period, b.batch_no, b.bank, b.lines, b.total, b.part,
           (s2.at at time zone 'Asia/Shanghai')::date as checked, (d.at at time zone 'Asia/Shanghai')::date as sent,
           exists (select
                     from return_result r
                    where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no and r.accepted) as answered
      from batch b
      left join unit_step s2 on s2.run_no = b.run_no and s2.county = b.county and s2.step = 2
      left join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                          and not exists (select from dispatch later
                                           where later.county = d.county and later.period = d.period
                                             and later.batch_no = d.batch_no and later.round > d.round)
     where b.county between :region_low::int and :region_high::int
)
select county::text as county, 'not-sent' as place, period::text as period, bank::text as bank,
       county || '/' || period || '/' || batch_no as item, lines::text as payments, total::text as amount,
       checked::text as since, (:as_of::date - checked)::text as days
  from stages
 where checked is not null and sent is null and :as_of::date - checked > :days::int
union all
select county::text, 'not-answered', period::text, bank::text, county || '/' || period || '/' || batch_no, lines::text,
       total::text, sent::text, (:as_of::date - sent)::text
  from stages
 where sent is not null and not answered and :as_of::date - sent > :days::int
union all
select f.county::text, 'failed', (f.part / 1000 + 190000)::text, f.bank::text, 'payment ' || f.serial, '1', f.amount::text,
       (date '1970-01-01' + f.value_day)::text, (:as_of::date - (date '1970-01-01' + f.value_day))::text
  from failure f
  left join failure_fate r on r.county = f.county and r.serial = f.serial and r.part = f.part and r.attempt = f.attempt
 where f.county between :region_low::int and :region_high::int and r.county is null
   and :as_of::date - (date '1970-01-01' + f.value_day) > :days::int
 order by 1, 9 desc, 2, 5;
