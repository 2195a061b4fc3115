select county, entry_no, kind, cause, value_day, extract(epoch from known_at)::bigint, programme, bank, period,
       lines, line_total, lines_root, digest, account, source, fund_year, purpose, amount
  from entry
 order by entry_no;
