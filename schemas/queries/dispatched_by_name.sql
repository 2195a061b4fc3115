select d.seq, extract(epoch from d.at)::bigint, r.accepted::int, d.round,
       b.county, b.period, b.batch_no, b.run_no, coalesce(b.part, 0), b.bank, b.programme, coalesce(b.first_serial, 0), b.lines,
       b.total, b.file_id, encode(b.file_digest, 'hex'), b.file_bytes, encode(b.signature, 'hex'),
       encode(b.lines_root, 'hex')
  from unnest(:banks::smallint[], :file_ids::text[]) as wanted (bank, file_id)
  join batch b using (file_id)
  join dispatch d using (county, period, batch_no)
  left join receipt r using (county, period, batch_no, round)
 where d.bank = wanted.bank
   and not exists (select from dispatch later
                    where later.county = d.county and later.period = d.period and later.batch_no = d.batch_no
                      and later.round > d.round);
