select return_no, bank, name, encode(digest, 'hex'), bytes, '', encode(fingerprint, 'hex'), extract(epoch from at)::bigint
  from return_file
 where bank = :bank::smallint
   and digest in (select decode(hex, 'hex') from unnest(:digests::text[]) as wanted (hex));
