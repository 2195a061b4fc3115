select f.return_no, f.bank, f.name, encode(f.digest, 'hex'), f.bytes, encode(f.signature, 'hex'),
       encode(f.fingerprint, 'hex'), extract(epoch from f.at)::bigint
  from return_file f
  left join return_result r using (return_no)
 where r.return_no is null
 order by f.return_no;
