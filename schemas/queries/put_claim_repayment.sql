insert into claim_repayment (county, claim_no, step, break_no, amount, left_after)
values (:county, :claim_no, :step, :break_no, :amount, :left_after);
