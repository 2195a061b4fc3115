-- The same as open_failures, a page of them in the order of their references.
select f.part, f.county, f.serial, f.attempt, f.kind, f.reason, f.amount, f.bank, f.programme, f.payee_kind, f.payee,
       run.import_no, f.return_no, f.line, f.value_day,
       coalesce((select case n.decision when 'hold' then 1 else 2 end
                   from failure_note n
                  where n.county = f.county and n.serial = f.serial and n.attempt = f.attempt and n.part = f.part
                  order by n.note_no desc
                  limit 1), 0)
  from failure f
  left join failure_fate fate
    on fate.county = f.county and fate.serial = f.serial and fate.attempt = f.attempt and fate.part = f.part
  left join reissue this
    on this.county = f.county and this.serial = f.serial and this.part = f.part and this.attempt = f.attempt
  join part on part.part = f.part
  join run on run.run_no = coalesce(this.run_no, part.run_no)
 where f.county between :low::int and :high::int and fate.county is null
   and (f.county, f.part / 1000 + 190000, f.serial, f.attempt)
       > (:after_county::int, :after_period::int, :after_serial::int, :after_attempt::int)
 order by f.county, f.part / 1000, f.serial, f.attempt
 limit :most::bigint;
