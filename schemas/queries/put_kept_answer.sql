insert into kept_answer (fingerprint, key, request, status, content_type, location, body, digest, at)
values (decode(:fingerprint, 'hex'), :key, decode(:request, 'hex'), :status, :content_type, :location,
        decode(:body, 'hex'), decode(:digest, 'hex'), to_timestamp(:at));
