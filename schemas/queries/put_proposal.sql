insert into recovery_proposal (county, receivable_no, kind, amount, to_county, reason, officer, fingerprint, at)
values (:county, :receivable_no, :kind, :amount, :to_county, :reason, :officer, decode(:fingerprint, 'hex'),
        to_timestamp(:at))
returning proposal_no;
