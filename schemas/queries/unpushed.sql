-- Files of a bank that were neither pushed, fetched nor answered for, with the attempts so far.
select d.seq, b.file_id, encode(b.file_digest, 'hex'), encode(b.signature, 'hex'),
       (select count(*) from push_attempt p where p.bank = d.bank and p.seq = d.seq),
       coalesce((select extract(epoch from max(p.at))::bigint from push_attempt p
                  where p.bank = d.bank and p.seq = d.seq), 0)
  from dispatch d
  join batch b using (county, period, batch_no)
 where d.bank = :bank::smallint
   and not exists (select from push_attempt p where p.bank = d.bank and p.seq = d.seq and p.delivered)
   and not exists (select from receipt r
                    where r.county = d.county and r.period = d.period and r.batch_no = d.batch_no
                      and r.round = d.round)
 order by d.seq
 limit :at_most::int;
