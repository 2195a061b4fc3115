-- What people decided of attempts: how a failure ended, and that money of nobody was a paid attempt's that came back.
select f.county, f.part, f.serial, f.attempt, (fate.fate = 'paid')::int, (p.detail = 'prior-year')::int,
       fate.proposal_no, f.amount, f.programme, f.bank, 0 as returned
  from failure_fate fate
  join failure f using (county, serial, attempt, part)
  join proposal p using (proposal_no)
 where fate.fate <> 'reissued'
union all
select f.county, f.part, f.serial, f.attempt, 0, 0, v.proposal_no, f.amount, f.programme, f.bank, 1
  from reversal v
  join failure f using (county, serial, attempt, part)
 where v.proposal_no is not null
 order by 1, 2, 3, 4, returned;
