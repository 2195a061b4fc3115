-- What the finance office's own work leaves behind beside runs and payments: answers that were given under a key of the
-- caller (so that asking again is not doing again), money that was allotted, and differences that a checker accepted.

-- The answer to a write that named an Idempotency-Key: kept with the digest of what was asked, so that the same key
-- with something else is noticed. Only what was done is kept; a refusal changed nothing and is judged anew.
create table kept_answer (
    fingerprint  bytea not null check (octet_length(fingerprint) = 32),
    key          text not null check (length(key) between 1 and 64),
    request      bytea not null check (octet_length(request) = 32),
    status       smallint not null check (status between 200 and 399),
    content_type text not null,
    location     text not null,
    body         bytea not null,
    digest       bytea not null check (octet_length(digest) = 32),
    at           timestamptz not null,
    primary key (fingerprint, key)
);

grant select, insert on kept_answer to onecard_service;
grant select on kept_answer to onecard_auditor;
