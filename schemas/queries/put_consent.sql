insert into consent (proposal_no, proposed_by, answered_by, fingerprint, agreed, at)
values (:proposal_no, :proposed_by, :answered_by, decode(:fingerprint, 'hex'), :agreed, to_timestamp(:at));
