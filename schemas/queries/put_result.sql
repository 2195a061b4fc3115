insert into unit_result (run_no, county, first_serial, payments, total, held, refused, digest, computed_at)
values (:run_no, :county, :first_serial, :payments, :total, :held, :refused, decode(:digest, 'hex'),
        to_timestamp(:computed_at));
