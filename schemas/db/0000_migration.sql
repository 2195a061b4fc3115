-- What was applied when. Every migration is recorded with the digest of its bytes, this one too: an applied migration
-- is never altered.
create table migration (
    number      int primary key check (number >= 0),
    name        text not null,
    digest      bytea not null check (octet_length(digest) = 32),
    applied_at  timestamptz not null
);
