select return_no, bank, name, encode(digest, 'hex'), bytes, encode(signature, 'hex'),
       encode(fingerprint, 'hex'), extract(epoch from at)::bigint
  from return_file
 where return_no = :return_no::bigint;
