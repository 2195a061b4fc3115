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
