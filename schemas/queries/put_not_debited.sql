insert into break (county, kind, statement_no, line, evidence, amount, bank, reference, of_return, at)
values (:county::int, 'not-debited', :statement_no::bigint, 0, :evidence, :amount::bigint, :bank::smallint, '',
        :of_return::bigint, to_timestamp(:at));
