select list_no, kind, region, snapshot_day, source, encode(file_digest, 'hex'), rows, made_by,
       encode(fingerprint, 'hex'), extract(epoch from made_at)::bigint
  from screening_list
 order by list_no;
