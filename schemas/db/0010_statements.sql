-- Statements of the transit accounts and what their lines fit; months and fiscal years that were closed.

create table statement (
    statement_no bigint generated always as identity primary key,
    bank        smallint not null references bank,
    county      int not null,                 -- whose transit account it is of
    name        text not null,
    digest      bytea not null check (octet_length(digest) = 32),
    bytes       bigint not null,
    signature   bytea not null,               -- the bank's; empty where an officer brought it
    brought_by  text not null,
    fingerprint bytea not null,
    at          timestamptz not null,
    unique (bank, digest),
    unique (bank, name)
);

create table statement_result (
    statement_no bigint primary key references statement,
    accepted     boolean not null,
    reason       text not null,               -- why it was refused: every fault, a line each
    statement_id text not null,
    is_final     boolean not null,            -- end of day; else a notification
    account_tag  bytea not null,              -- keyed digest: equal for equal accounts
    account_tail text not null,               -- the last four digits
    first_day    int not null, last_day int not null,
    opening      bigint, closing bigint,
    lines        int not null,
    credits      bigint not null, debits bigint not null,
    at           timestamptz not null
);

create table statement_line (
    statement_no   bigint not null references statement,
    line           int not null,
    is_credit      boolean not null,
    amount         bigint not null check (amount > 0),
    booking_day    int not null, value_day int not null,
    names          smallint not null check (names between 0 and 2),   -- 0 nothing of ours, 1 a payment, 2 a batch
    period         int, serial int, attempt smallint,
    file_id        text,
    bank_reference text not null,
    code           text not null,
    is_interest    boolean not null,
    primary key (statement_no, line),
    check ((names = 1) = (serial is not null) and (names = 2) = (file_id is not null))
);
create index statement_line_by_bank_reference on statement_line (bank_reference) where bank_reference <> '';

-- What a line fits, each thing once: a payment goes out by one line and comes back by one, a batch has one debit over
-- every line and one transfer that paid for it.
create table statement_fit (
    statement_no bigint not null, line int not null,
    fit      smallint not null check (fit between 1 and 7),
    county   int not null,
    part     int, serial int, attempt smallint,
    period   int, batch_no int,
    primary key (statement_no, line),
    foreign key (statement_no, line) references statement_line (statement_no, line),
    foreign key (county, period, batch_no) references batch (county, period, batch_no),
    check ((fit in (1, 2)) = (serial is not null) and (fit between 3 and 6) = (batch_no is not null))
);
create trigger statement_fit_has_outcome after insert on statement_fit referencing new table as added
    for each statement execute function needs_outcome();
create unique index statement_fit_of_payment on statement_fit (county, serial, attempt, part, fit) where fit in (1, 2);
create unique index statement_fit_of_batch on statement_fit (county, period, batch_no, fit) where fit in (3, 6);
-- Whose answers a sum is: what one return file said was paid (4) or failed (5) of a batch, once.
create table statement_answer (
    return_no bigint not null references return_file,
    fit       smallint not null check (fit in (4, 5)),
    statement_no bigint not null, line int not null,
    primary key (return_no, fit),
    foreign key (statement_no, line) references statement_fit (statement_no, line)
);
create index statement_answer_by_line on statement_answer (statement_no, line);

alter table break alter column return_no drop not null;
alter table break add statement_no bigint references statement;
alter table break add check ((return_no is null) <> (statement_no is null));
create unique index break_of_statement_line on break (statement_no, line) where statement_no is not null;

-- ---------------------------------------------------------------------------------------------------- closes
create table closed_period (
    county      int not null,
    period      int not null,                 -- yyyymm, or yyyy for a fiscal year
    proposal_no bigint not null references proposal_done,
    carried     bytea not null check (octet_length(carried) = 32),   -- over the list of what went over
    at          timestamptz not null,
    primary key (county, period)
);
-- What a proposal to close lists as open and going over.
create table carried_item (
    proposal_no bigint not null references proposal,
    item        text not null,
    amount      bigint not null,
    primary key (proposal_no, item)
);

grant select, insert on statement, statement_result, statement_line, statement_fit, statement_answer, closed_period,
    carried_item to onecard_service;
grant select on statement, statement_result, statement_line, statement_fit, statement_answer, closed_period, carried_item
    to onecard_auditor;
grant usage on all sequences in schema public to onecard_service;
