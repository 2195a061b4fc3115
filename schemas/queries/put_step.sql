insert into unit_step (run_no, county, step, digest, officer, fingerprint, signature, at)
values (:run_no, :county, :step, decode(:digest, 'hex'), :officer, decode(:fingerprint, 'hex'),
        decode(:signature, 'hex'), to_timestamp(:at));
