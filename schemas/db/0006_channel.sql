-- The bank channel: which profile a run's files were written by, the banks' own sequence numbers, what was pushed to
-- them, and who was never heard of again. As everywhere nothing is updated.

-- Profiles whole, so that a file can be read again as it was written, whatever config/banks says by then.
create table bank_profile (
    digest bytea primary key check (octet_length(digest) = 32),
    name   text not null,
    text   text not null
);

create table run_profile (
    run_no          int not null references run,
    bank            smallint not null references bank,
    profile         bytea not null references bank_profile,
    transit_account text not null,             -- ours at the bank; empty where the profile does not need it
    primary key (run_no, bank)
);

-- The numbers that a bank gives to what it hands in: 1, 2, 3 … without a gap; the reference below refuses one.
create table bank_sequence (
    bank       smallint not null references bank,
    seq        int not null check (seq > 0),
    name       text not null,
    at         timestamptz not null,
    seq_before int generated always as (case when seq > 1 then seq - 1 end) stored,
    primary key (bank, seq),
    unique (bank, name),
    foreign key (bank, seq_before) references bank_sequence (bank, seq)
);

-- Every number that was refused: a gap, a replay or an earlier one that came late.
create table sequence_refusal (
    bank     smallint not null references bank,
    no       bigint not null generated always as identity,
    seq      int not null,
    expected int not null,
    name     text not null,
    at       timestamptz not null,
    primary key (bank, no)
);

-- Every attempt to bring a file to a bank's own address.
create table push_attempt (
    bank      smallint not null,
    seq       int not null,
    attempt   int not null check (attempt > 0),
    at        timestamptz not null,
    delivered boolean not null,
    status    int not null,                    -- HTTP; 0: nobody answered
    text      text not null,
    primary key (bank, seq, attempt),
    foreign key (bank, seq) references dispatch (bank, seq)
);
-- Delivered once.
create unique index push_delivered on push_attempt (bank, seq) where delivered;

-- A step of a file's ladder that was not heard of in the time of the bank's profile. Said once a step.
create table unheard (
    bank      smallint not null,
    seq       int not null,
    step      text not null check (step in ('fetch', 'receipt', 'answer')),
    due_at    timestamptz not null,
    raised_at timestamptz not null,
    primary key (bank, seq, step),
    foreign key (bank, seq) references dispatch (bank, seq)
);

grant select, insert on bank_profile, run_profile, bank_sequence, sequence_refusal, push_attempt, unheard
    to onecard_service;
grant select on bank_profile, run_profile, bank_sequence, sequence_refusal, push_attempt, unheard
    to onecard_auditor;
grant usage on all sequences in schema public to onecard_service;

-- ---------------------------------------------------------------------------------------------------- accounts
-- The word of a second person for an account that is another than the payee had before. The database refuses that of
-- whoever brought it.
alter table import add constraint import_by unique (import_no, made_by);

create table account_confirmation (
    county      int not null,
    payee_kind  smallint not null,
    payee       bigint not null,
    import_no   int not null,                  -- that brought the account
    imported_by text not null,
    officer     text not null check (officer <> imported_by),
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    at          timestamptz not null,
    primary key (county, payee_kind, payee, import_no),
    foreign key (import_no, imported_by) references import (import_no, made_by)
);
grant select, insert on account_confirmation to onecard_service;
grant select on account_confirmation to onecard_auditor;

-- Rounds in which a bank is asked whether names and accounts belong together, before the first payment.
create table name_check (
    check_no    int primary key check (check_no > 0),
    county      int not null,
    bank        smallint not null references bank,
    import_no   int not null references import,   -- whose accounts it asks about
    file_id     text not null unique,
    lines       int not null check (lines > 0),
    file_digest bytea not null check (octet_length(file_digest) = 32),
    signature   bytea not null,
    made_by     text not null,
    at          timestamptz not null
);

-- Who was asked about: the account by the import that brought it.
create table name_check_line (
    check_no       int not null references name_check,
    line           int not null check (line > 0),
    county         int not null,
    payee_kind     smallint not null,
    payee          bigint not null,
    account_import int not null,
    primary key (check_no, line)
);
create index name_check_line_payee on name_check_line (county, payee_kind, payee);

-- The bank's answer, in the signature that carries it. Once.
create table name_answer (
    check_no    int primary key references name_check,
    cms         bytea not null,
    fingerprint bytea not null check (octet_length(fingerprint) = 32),
    at          timestamptz not null
);

create table name_verdict (
    check_no int not null references name_answer,
    line     int not null,
    reason   smallint not null,
    primary key (check_no, line),
    foreign key (check_no, line) references name_check_line (check_no, line)
);
grant select, insert on name_check, name_check_line, name_answer, name_verdict to onecard_service;
grant select on name_check, name_check_line, name_answer, name_verdict to onecard_auditor;
