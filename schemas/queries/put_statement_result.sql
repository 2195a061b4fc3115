insert into statement_result (statement_no, accepted, reason, statement_id, is_final, account_tag, account_tail, first_day,
                              last_day, opening, closing, lines, credits, debits, counties, at)
values (:statement_no, :accepted, :reason, :statement_id, :is_final, decode(:account_tag, 'hex'), :account_tail, :first_day,
        :last_day, :opening, :closing, :lines, :credits, :debits, :counties::int[], to_timestamp(:at));
