insert into reversal (part, county, serial, attempt, kind, reason, amount, value_day, paid_by, return_no, line, proposal_no)
values (:part, :county, :serial, :attempt, 3, :reason, :amount, :value_day, :paid_by, :paid_by, :line, :proposal_no);
