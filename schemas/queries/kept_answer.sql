-- The answer that a caller was given under a key.
select encode(request, 'hex'), status, content_type, location, encode(body, 'hex')
  from kept_answer
 where fingerprint = decode(:fingerprint, 'hex') and key = :key;
