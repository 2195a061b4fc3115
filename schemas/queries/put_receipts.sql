-- One receipt for each round in which a file was handed over, the last one now: the first that comes stays. Bytes that
-- answered an earlier round are no new answer. A note that says nothing new is not kept.
with fresh as (
    select distinct on (w.county, w.period, w.batch_no) w.county, w.period, w.batch_no, d.round, w.accepted, w.reason, decode(w.note, 'hex') as note, to_timestamp(w.at) as at
      from unnest(:counties::int[], :periods::int[], :batches::int[], :accepted::boolean[], :reasons::text[], :notes::text[],
                  :times::bigint[]) with ordinality as w (county, period, batch_no, accepted, reason, note, at, n)
     cross join lateral (select max(round) as round
                           from dispatch d
                          where d.county = w.county and d.period = w.period and d.batch_no = w.batch_no) d
     where not exists (select
                         from receipt r
                        where r.county = w.county and r.period = w.period and r.batch_no = w.batch_no
                          and (r.round = d.round or r.note = decode(w.note, 'hex')))
     order by w.county, w.period, w.batch_no, w.n
), said as (
    insert into receipt_note (digest, cms, fingerprint)
    select decode(n.digest, 'hex'), decode(n.cms, 'hex'), decode(n.fingerprint, 'hex')
      from unnest(:digests::text[], :cms::text[], :fingerprints::text[]) as n (digest, cms, fingerprint)
     where decode(n.digest, 'hex') in (select note from fresh)
    on conflict (digest) do nothing
)
insert into receipt (county, period, batch_no, round, accepted, reason, note, at)
select county, period, batch_no, round, accepted, reason, note, at from fresh
on conflict (county, period, batch_no, round) do nothing
returning county, period, batch_no, round;
