insert into download (county, period, batch_no, at, fingerprint, address)
values (:county, :period, :batch_no, to_timestamp(:at), decode(:fingerprint, 'hex'), :address);
