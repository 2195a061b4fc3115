select b.county, b.period, b.batch_no, b.run_no, coalesce(b.part, 0), b.bank, b.programme, coalesce(b.first_serial, 0), b.lines,
       b.total, b.file_id, encode(b.file_digest, 'hex'), b.file_bytes, encode(b.signature, 'hex'),
       encode(b.lines_root, 'hex')
  from batch b
 where b.file_id = :file_id;
