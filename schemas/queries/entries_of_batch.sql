-- The columns of entries.sql, for the entries that concern one batch or the return file that answered it. The causes
-- are said whole, so that the unique key finds them.
select county, entry_no, kind, cause, value_day, extract(epoch from known_at)::bigint, programme, bank, period,
       lines, line_total, lines_root, digest, account, source, amount
  from entry
 where county = :county::int
   and ((kind in (2, 3, 4, 7, 8)
         and cause = 'batch ' || lpad(:county::text, 6, '0') || '/' || :period::text || '/' || :batch_no::text)
        or (kind in (5, 6) and cause = 'return ' || :return_no::text))
 order by entry_no;
