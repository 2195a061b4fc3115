-- Files whose answers leave something open, with what was heard of them and which steps were already missed.
select d.bank, d.seq, b.file_id, extract(epoch from d.at)::bigint,
       coalesce(extract(epoch from least(
           (select min(w.at) from download w
             where w.county = d.county and w.period = d.period and w.batch_no = d.batch_no),
           (select min(p.at) from push_attempt p where p.bank = d.bank and p.seq = d.seq and p.delivered)))::bigint, 0),
       coalesce(extract(epoch from r.at)::bigint, 0),
       (select coalesce(string_agg(u.step, ' '), '') from unheard u where u.bank = d.bank and u.seq = d.seq)
  from dispatch d
  join batch b using (county, period, batch_no)
  left join receipt r using (county, period, batch_no, round)
 where coalesce(r.accepted, true)
   and b.lines > (select coalesce(sum(x.paid + x.failed), 0) from return_result x
                   where x.county = d.county and x.period = d.period and x.batch_no = d.batch_no and x.accepted)
 order by d.bank, d.seq;
