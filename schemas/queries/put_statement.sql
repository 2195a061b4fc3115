-- The same bytes again are no second statement. The same name with other bytes is refused by the other key.
insert into statement (bank, county, name, digest, bytes, signature, brought_by, fingerprint, at)
values (:bank, :county, :name, decode(:digest, 'hex'), :bytes, decode(:signature, 'hex'), :brought_by,
        decode(:fingerprint, 'hex'), to_timestamp(:at))
on conflict (bank, digest) do nothing
returning statement_no;
