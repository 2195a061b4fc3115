select f.county, f.part, f.serial, f.attempt, (fate.fate = 'paid')::int, (p.detail = 'prior-year')::int,
       fate.proposal_no, f.amount, f.programme, f.bank
  from failure_fate fate
  join failure f using (county, serial, attempt, part)
  join proposal p using (proposal_no)
 where fate.fate <> 'reissued'
 order by f.county, f.part, f.serial, f.attempt;
