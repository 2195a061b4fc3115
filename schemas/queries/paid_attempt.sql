-- An attempt that a bank has said it paid, and that nothing has taken back.
select o.amount, o.return_no::bigint, o.line, f.bank
  from outcome o
  join return_file f on f.return_no = o.return_no
 where o.county = :county::int and o.serial = :serial::int and o.attempt = :attempt::smallint and o.part = :part::int
   and o.kind = 1
   and not exists (select
                     from reversal v
                    where v.county = o.county and v.serial = o.serial and v.attempt = o.attempt and v.part = o.part);
