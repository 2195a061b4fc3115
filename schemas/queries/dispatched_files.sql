select d.seq, extract(epoch from d.at)::bigint, r.accepted::int, d.round,
       b.county, b.period, b.batch_no, b.run_no, coalesce(b.part, 0), b.bank, b.programme, coalesce(b.first_serial, 0), b.lines,
       b.total, b.file_id, encode(b.file_digest, 'hex'), b.file_bytes, encode(b.signature, 'hex'),
       encode(b.lines_root, 'hex')
  from dispatch d
  join batch b using (county, period, batch_no)
  left join receipt r using (county, period, batch_no, round)
 where d.bank = :bank::smallint and d.seq > :after_seq::int
 order by d.seq
 limit :at_most::int;
