-- The same bytes again are no second file. The same name with other bytes is refused by the other key.
insert into return_file (bank, name, digest, bytes, signature, fingerprint, at)
select bank, name, decode(digest, 'hex'), bytes, decode(signature, 'hex'), decode(fingerprint, 'hex'), to_timestamp(at)
  from unnest(:banks::smallint[], :names::text[], :digests::text[], :bytes::bigint[], :signatures::text[],
              :fingerprints::text[], :times::bigint[])
       as files (bank, name, digest, bytes, signature, fingerprint, at)
on conflict (bank, digest) do nothing
returning return_no, bank, encode(digest, 'hex');
