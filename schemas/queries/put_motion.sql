insert into proposal (county, kind, subject, detail, evidence, amount, needs_second, proposed_by, fingerprint, at)
values (:county, :kind, :subject, :detail, :evidence, :amount, :needs_second, :proposed_by, decode(:fingerprint, 'hex'),
        to_timestamp(:at))
returning proposal_no;
