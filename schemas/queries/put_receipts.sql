-- One receipt for each round in which a file was handed over, the last one now: the first that comes stays. Bytes that
-- answered an earlier round are no new answer.
insert into receipt (county, period, batch_no, round, accepted, reason, cms, fingerprint, at)
select w.county, w.period, w.batch_no, d.round, w.accepted, w.reason, decode(w.cms, 'hex'), decode(w.fingerprint, 'hex'),
       to_timestamp(w.at)
  from unnest(:counties::int[], :periods::int[], :batches::int[], :accepted::boolean[], :reasons::text[], :cms::text[],
              :fingerprints::text[], :times::bigint[])
       as w (county, period, batch_no, accepted, reason, cms, fingerprint, at)
 cross join lateral (select max(round) as round
                       from dispatch d
                      where d.county = w.county and d.period = w.period and d.batch_no = w.batch_no) d
 where not exists (select
                     from receipt r
                    where r.county = w.county and r.period = w.period and r.batch_no = w.batch_no
                      and r.cms = decode(w.cms, 'hex'))
on conflict (county, period, batch_no, round) do nothing
returning county, period, batch_no, round;
