-- One receipt a file: the first one stays.
insert into receipt (county, period, batch_no, accepted, reason, cms, fingerprint, at)
select county, period, batch_no, accepted, reason, decode(cms, 'hex'), decode(fingerprint, 'hex'), to_timestamp(at)
  from unnest(:counties::int[], :periods::int[], :batches::int[], :accepted::boolean[], :reasons::text[], :cms::text[],
              :fingerprints::text[], :times::bigint[])
       as receipts (county, period, batch_no, accepted, reason, cms, fingerprint, at)
on conflict (county, period, batch_no) do nothing
returning county, period, batch_no;
