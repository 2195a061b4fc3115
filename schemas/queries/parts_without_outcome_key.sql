-- Parts with outcomes that have no key yet, and whether each batch of theirs was answered. Both questions end with the first
-- batch that says so: the limits keep them from being answered for all batches there are.
select k.part, (unanswered.batch_no is null)::int
  from part_keyed k
  join part p using (part)
  left join outcome_keyed o using (part)
 cross join lateral (select b.batch_no
                       from unit u
                       join batch b on b.run_no = u.run_no and b.county = u.county and b.period = u.period
                       join return_result r on r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
                                           and r.accepted
                      where u.run_no = p.run_no and u.part = p.part
                      limit 1) answered
  left join lateral (select b.batch_no
                       from unit u
                       join batch b on b.run_no = u.run_no and b.county = u.county and b.period = u.period
                      where u.run_no = p.run_no and u.part = p.part
                        and not exists (select
                                          from return_result r
                                         where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
                                           and r.accepted)
                      limit 1) unanswered on true
 where o.part is null
 order by k.part;
