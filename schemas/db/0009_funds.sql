-- What a document allots to a county: for which purpose, of which fiscal year, and at most how much from each source. Money
-- is received under it in one or more receipts (entries of kind 1 whose cause names the document).
create table allotment (
    county      int not null,
    document    text not null check (document <> '' and position('|' in document) = 0
                                     and position(' receipt ' in document) = 0),
    purpose     smallint not null check (purpose between 1 and 4), -- 1 general, 2 relief, 3 children, 4 disability
    year        smallint not null check (year between 2000 and 2999),
    central     bigint not null check (central >= 0),
    province    bigint not null check (province >= 0),
    prefecture  bigint not null check (prefecture >= 0),
    own         bigint not null check (own >= 0),
    officer     text not null,
    fingerprint bytea not null,
    at          timestamptz not null,
    check (central + province + prefecture + own > 0),
    primary key (county, document)
);

grant select, insert on allotment to onecard_service;
grant select on allotment to onecard_auditor;
