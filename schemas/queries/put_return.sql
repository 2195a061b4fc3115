-- The same bytes again are no second file. The same name with other bytes is refused by the other key.
insert into return_file (bank, name, digest, bytes, signature, fingerprint, at)
values (:bank, :name, decode(:digest, 'hex'), :bytes, decode(:signature, 'hex'), decode(:fingerprint, 'hex'),
        to_timestamp(:at))
on conflict (bank, digest) do nothing
returning return_no;
