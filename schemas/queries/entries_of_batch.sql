-- The columns of entries.sql, for the entries that concern one batch, in each round and month of it, the return files that
-- spoke of one of its payments, and the end of that payment's failure. The causes are said whole, so that the unique key
-- finds them.
with months (ending) as (
    values (''), (' of ' || :month::text)
), causes as (
    select 'batch ' || lpad(:county::text, 6, '0') || '/' || :period::text || '/' || :batch_no::text || r.ending || m.ending
           || b.ending as cause
      from (select '' as ending
             union all
            select ' round ' || round
              from dispatch
             where county = :county::int and period = :period::int and batch_no = :batch_no::int and round > 1) r
     cross join months m
     cross join (select '' as ending union all select ' from bank ' || bank from bank) b
    union all
    select 'return ' || n || c.ending || m.ending
      from unnest(:return_nos::bigint[]) n
     cross join (values (''), (' correction')) as c (ending)
     cross join months m
    union all
    -- A reference is « YK » and digits.
    select 'failure YK' || :reference_digits::text
    union all
    select 'returned YK' || :reference_digits::text
)
select county, entry_no, kind, cause, value_day, extract(epoch from known_at)::bigint, programme, bank, period,
       lines, line_total, lines_root, digest, account, source, fund_year, purpose, amount
  from entry
 where county = :county::int and kind = any ('{2,3,4,5,6,7,8,9,10,11,12,13,14,23,26,27}'::smallint[])
   and cause in (select cause from causes)
 order by entry_no;
