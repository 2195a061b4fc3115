-- What a checker has to look at by itself: so much more than the standard, an account that is another one since the last
-- run, a payee whom a list of deaths names. It is part of what the unit's digest is over.
create table outlier (
    run_no       int not null,
    county       int not null,
    outlier_no   int not null check (outlier_no > 0),
    kind         smallint not null check (kind between 1 and 3), -- 1 amount, 2 account changed, 3 listed dead
    serial       int not null check (serial > 0), -- the first payment that it concerns
    programme    smallint not null,            -- 0: several
    payee_kind   smallint not null,
    payee        bigint not null,
    payments     int not null,
    amount       bigint not null,              -- of all payments that it concerns
    bound        bigint not null,              -- what was exceeded; 0 where nothing was
    evidence     text not null,
    primary key (run_no, county, outlier_no),
    foreign key (run_no, county) references unit (run_no, county)
);

-- Accepted by name, in writing, by an officer who may check the unit.
create table outlier_acceptance (
    run_no      int not null,
    county      int not null,
    outlier_no  int not null,
    officer     text not null,
    fingerprint bytea not null,
    reason      text not null check (reason <> ''),
    at          timestamptz not null,
    primary key (run_no, county, outlier_no),
    foreign key (run_no, county, outlier_no) references outlier (run_no, county, outlier_no)
);

grant select, insert on outlier, outlier_acceptance to onecard_service;
grant select on outlier, outlier_acceptance to onecard_auditor;
