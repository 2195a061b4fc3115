select return_no, bank, name, encode(digest, 'hex'), bytes, encode(signature, 'hex'),
       encode(fingerprint, 'hex'), extract(epoch from at)::bigint
  from return_file
 where bank = :bank::smallint and digest = decode(:digest, 'hex');
