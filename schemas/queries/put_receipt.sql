insert into receipt (county, period, batch_no, accepted, reason, cms, fingerprint, at)
values (:county, :period, :batch_no, :accepted, :reason, decode(:cms, 'hex'), decode(:fingerprint, 'hex'),
        to_timestamp(:at))
on conflict (county, period, batch_no) do nothing;
