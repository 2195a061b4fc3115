select c.check_no, c.county, c.bank, c.import_no, c.file_id, c.lines, encode(c.file_digest, 'hex'),
       encode(c.signature, 'hex'), c.made_by, extract(epoch from c.at)::bigint,
       coalesce(extract(epoch from a.at)::bigint, 0)
  from name_check c
  left join name_answer a using (check_no)
 where c.bank = :bank::smallint and (:file_id = '' or c.file_id = :file_id)
 order by c.check_no;
