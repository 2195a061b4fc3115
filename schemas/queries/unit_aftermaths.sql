-- What became of the released units of a run: whether every file is at its bank, whether any is answered, and whether the
-- county's month was closed after the release or since all of it was answered.
select u.county, (coalesce(bool_and(b.is_there), true))::int, (coalesce(bool_or(b.answered > 0), false))::int,
       (c.at is not null and (c.at >= f.at or coalesce(bool_and(b.answered >= b.lines), true)))::int
  from unit u
  join unit_fate f using (county, period, kind, generation)
  left join closed_period c on c.county = u.county and c.period = u.period
  left join lateral (
        select b.lines,
               exists (select from download l
                        where l.county = b.county and l.period = b.period and l.batch_no = b.batch_no)
               or exists (select from receipt r
                           where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no)
               or exists (select from dispatch d join push_attempt p using (bank, seq)
                           where d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                             and p.delivered) as is_there,
               (select coalesce(sum(r.paid + r.failed), 0)
                  from return_result r
                 where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
                   and r.accepted) as answered
          from batch b
         where b.run_no = u.run_no and b.county = u.county) b on true
 where u.run_no = :run_no::int and f.fate = 'released'
 group by u.county, c.at, f.at
 order by u.county;
