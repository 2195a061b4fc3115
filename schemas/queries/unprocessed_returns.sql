-- Without their signatures, which nobody looks at any more.
select f.return_no, f.bank, f.name, encode(f.digest, 'hex'), f.bytes, '', encode(f.fingerprint, 'hex'),
       extract(epoch from f.at)::bigint
  from return_file f
  left join return_result r using (return_no)
 where r.return_no is null and f.return_no > :after::bigint
 order by f.return_no;
