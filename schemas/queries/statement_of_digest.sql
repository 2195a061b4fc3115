select statement_no, bank, county, name, encode(digest, 'hex'), bytes, brought_by, encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint
  from statement
 where bank = :bank::smallint and digest = decode(:digest, 'hex');
