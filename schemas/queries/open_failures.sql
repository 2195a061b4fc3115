-- Failed attempts that no later attempt followed, with the import whose account failed.
select f.part, f.county, f.serial, f.attempt, f.reason, f.amount, f.bank, f.programme, f.payee_kind, f.payee,
       run.import_no, f.return_no, f.line, f.value_day
  from failure f
  left join reissue later
    on later.county = f.county and later.serial = f.serial and later.part = f.part and later.attempt_before = f.attempt
  left join reissue this
    on this.county = f.county and this.serial = f.serial and this.part = f.part and this.attempt = f.attempt
  join part on part.part = f.part
  join run on run.run_no = coalesce(this.run_no, part.run_no)
 where f.county between :low::int and :high::int and later.county is null
 order by f.county, f.part, f.serial, f.attempt;
