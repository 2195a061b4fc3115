-- The records of onecard. Every table is append-only: the service role may SELECT and INSERT, nothing else.
-- A later fact is a new row; the state of anything is derived from its rows, never stored beside them.
-- Every key of a large table begins with county (the distribution column on Citus). Months are yyyymm.
-- Large tables (payment, outcome) are loaded by COPY into parts of their own; see 0002_parts.sql.

create function balanced(amounts bigint[]) returns boolean
language sql immutable strict parallel safe
as $$ select coalesce(sum(a), 0) = 0 from unnest(amounts) a $$;

-- ---------------------------------------------------------------------------------------------------- register
create table bank (
    bank      smallint primary key check (bank > 0),
    code      char(12) not null unique check (code ~ '^[0-9]{12}$'),
    name      text not null,
    identity  text not null unique            -- common name of the bank's certificate
);

create table import (
    import_no   int primary key check (import_no > 0),
    made_by     text not null,
    made_at     timestamptz not null,
    files       text not null,                -- "name sha256 rows", a line each
    rows        bigint not null
);

-- How many enrolment rows an import brought to a county: what runs are planned by.
create table import_county (
    import_no   int not null references import,
    county      int not null,
    enrolments  bigint not null,
    primary key (import_no, county)
);

create table household (
    county int not null, household_no bigint not null, import_no int not null,
    valid_from int not null, valid_to int not null, absent boolean not null,
    area smallint not null, village bigint not null, representative bigint not null,
    primary key (county, household_no, import_no, valid_from)
);
create index household_by_representative on household (county, representative);

create table person (
    county int not null, household_no bigint not null, person_no bigint not null, import_no int not null,
    valid_from int not null, valid_to int not null, absent boolean not null,
    born int not null, died int not null, sex smallint not null,
    disability_class smallint not null, disability_level smallint not null,
    seriously_ill boolean not null, in_full_time_school boolean not null,
    name text not null,
    resident_id bytea not null,               -- sealed: 16 bytes keyed digest, then ciphertext
    primary key (county, household_no, person_no, import_no, valid_from)
);
create index person_by_number on person (county, person_no);

create table income (
    county int not null, household_no bigint not null, person_no bigint not null, item smallint not null,
    import_no int not null, valid_from int not null, valid_to int not null, absent boolean not null,
    -- of a legal supporter's household (items 701 to 709); here they fill a gap between columns and cost no byte
    supporter_members smallint not null default 0, dependants smallint not null default 0,
    monthly bigint not null,                  -- fen
    primary key (county, household_no, person_no, item, import_no, valid_from)
);

create table enrolment (
    county int not null, household_no bigint not null, person_no bigint not null, programme smallint not null,
    import_no int not null, valid_from int not null, valid_to int not null, absent boolean not null,
    applied int not null, confirmed int not null, setting smallint not null, ability smallint not null,
    payee bigint not null, institution bigint not null,
    primary key (county, household_no, person_no, programme, import_no, valid_from)
);
create index enrolment_by_payee on enrolment (county, payee) where payee <> 0;

create table account (
    county int not null, payee_kind smallint not null, payee bigint not null, import_no int not null,
    valid_from int not null, valid_to int not null, absent boolean not null,
    bank smallint not null, account_kind smallint not null,
    account bytea not null,                   -- sealed
    holder text not null,
    primary key (county, payee_kind, payee, import_no, valid_from)
);

create table institution (
    county int not null, institution_no bigint not null, import_no int not null,
    valid_from int not null, valid_to int not null, absent boolean not null,
    name text not null,
    primary key (county, institution_no, import_no, valid_from)
);

-- ---------------------------------------------------------------------------------------------------- runs
-- The policy book that a run used, whole, so that any month can be computed again.
create table policy_text (
    digest bytea primary key check (octet_length(digest) = 32),
    text   text not null
);

create table run (
    run_no        int primary key check (run_no > 0),
    kind          smallint not null check (kind between 1 and 5), -- 1 regular, 2 re-issue, 3 supplementary,
                                                              -- 4 one-off, 5 price-linked
    period        int not null check (period between 190001 and 999812),
    region        text not null,
    import_no     int not null references import,             -- facts as known at this import
    policy_digest bytea not null references policy_text,
    made_by       text not null,
    made_at       timestamptz not null,
    unique (run_no, made_by)
);

-- A part of the large tables belongs to one run: (period - 190000) * 1000 + n.
create table part (
    part    int primary key,
    run_no  int not null references run,
    unique (run_no, part)
);
create table part_keyed (part int primary key references part, keyed_at timestamptz not null);
-- The outcomes of these parts have their key; see 0002_parts.sql.
create table outcome_keyed (part int primary key references part, keyed_at timestamptz not null);

-- One county of one run. A county has one regular unit for a period; another one can only follow the
-- cancellation of the one before: the reference below refuses a second (never pay twice).
create table unit (
    run_no      int not null references run,
    county      int not null,
    period      int not null,
    kind        smallint not null,
    generation  int not null check (generation > 0),
    part        int,                          -- null: a re-issue run owes nothing new and loads no part
    estimate    bigint not null,              -- payments expected, for planning only
    needs_restart int generated always as (case when generation > 1 and kind = 1 then generation end) stored,
    primary key (run_no, county),
    unique (county, period, kind, generation),
    foreign key (run_no, part) references part (run_no, part)
);

-- What became of a unit in the end: released or cancelled, never both.
create table unit_fate (
    county      int not null,
    period      int not null,
    kind        smallint not null,
    generation  int not null,
    fate        text not null check (fate in ('released', 'cancelled')),
    at          timestamptz not null,
    primary key (county, period, kind, generation),
    unique (county, period, kind, generation, fate),
    foreign key (county, period, kind, generation) references unit (county, period, kind, generation)
);

-- A later regular unit needs this row, which proves that the one before was cancelled.
create table unit_restart (
    county int not null, period int not null, kind smallint not null, generation int not null,
    cancelled_generation int not null, cancelled_fate text not null check (cancelled_fate = 'cancelled'),
    primary key (county, period, kind, generation),
    check (cancelled_generation = generation - 1),
    foreign key (county, period, kind, cancelled_generation, cancelled_fate)
        references unit_fate (county, period, kind, generation, fate)
);
alter table unit add foreign key (county, period, kind, needs_restart)
    references unit_restart (county, period, kind, generation);

create table unit_result (
    run_no       int not null,
    county       int not null,
    first_serial int not null,
    payments     int not null check (payments >= 0),
    total        bigint not null check (total >= 0),
    held         int not null check (held >= 0),       -- owed but not payable: listed in refusal with is_error
    refused      int not null check (refused >= 0),
    digest       bytea not null check (octet_length(digest) = 32),
    computed_at  timestamptz not null,
    primary key (run_no, county),
    unique (run_no, county, digest),
    foreign key (run_no, county) references unit (run_no, county)
);

-- Every enrolment that did not become a payment, with the reason.
create table refusal (
    run_no int not null, county int not null, refusal_no int not null,
    programme smallint not null, household_no bigint not null, person_no bigint not null,
    is_error boolean not null, place text not null, reason text not null,
    primary key (run_no, county, refusal_no)
);

-- Four eyes. Steps: 1 proposed (maker), 2 checked (checker), 3 released (releaser). Each step needs the one before
-- over the same digest; the first is over the digest of the computed unit; nobody takes two steps, and who created the run
-- neither checks nor releases it.
create table unit_step (
    run_no      int not null,
    county      int not null,
    step        smallint not null check (step between 1 and 3),
    digest      bytea not null,
    officer     text not null,
    fingerprint bytea not null,
    signature   bytea not null,               -- CMS over the approval text by the officer's own key
    at          timestamptz not null,
    creator     text not null,                -- of the run
    step_before smallint generated always as (case when step > 1 then step - 1 end) stored,
    constraint unit_step_creator_check check (step = 1 or officer <> creator),
    primary key (run_no, county, step),
    unique (run_no, county, officer),
    unique (run_no, county, fingerprint),
    unique (run_no, county, step, digest),
    foreign key (run_no, creator) references run (run_no, made_by),
    foreign key (run_no, county, digest) references unit_result (run_no, county, digest),
    foreign key (run_no, county, step_before, digest) references unit_step (run_no, county, step, digest)
);

-- ---------------------------------------------------------------------------------------------------- payments
-- One amount owed to one payee. The primary key is the obligation: within a part nothing can be owed twice; a regular
-- payment lies in a part of its own benefit month (check), and a county has one live regular unit a period (unit).
create table payment (
    part          int not null,
    county        int not null,
    serial        int not null check (serial > 0),
    programme     smallint not null,
    component     smallint not null,
    kind          smallint not null check (kind = 1),          -- 1 regular
    benefit_month int not null,
    beneficiary   bigint not null,
    payee_kind    smallint not null,
    payee         bigint not null,
    amount        bigint not null check (amount > 0),
    check (kind <> 1 or benefit_month = part / 1000 + 190000),
    primary key (county, beneficiary, programme, component, benefit_month, kind, part)
) partition by range (part);

-- The payments of one unit for one bank and programme: one file, one signature. Regular batches are a range of
-- serials; the lines of re-issue batches are in reissue.
create table batch (
    county        int not null,
    period        int not null,
    batch_no      int not null check (batch_no > 0),
    run_no        int not null,
    part          int references part,        -- null: a re-issue batch's lines lie in many
    bank          smallint not null references bank,
    programme     smallint not null,
    first_serial  int,
    lines         int not null check (lines > 0),
    total         bigint not null check (total > 0),
    file_id       text not null unique,
    file_digest   bytea not null check (octet_length(file_digest) = 32),
    file_bytes    bigint not null,
    signature     bytea not null,             -- detached CMS, DER
    lines_root    bytea not null check (octet_length(lines_root) = 32),
    primary key (county, period, batch_no),
    foreign key (run_no, county) references unit (run_no, county)
);
create index batch_by_unit on batch (run_no, county);

-- ---------------------------------------------------------------------------------------------------- exchange
-- A batch handed to its bank: numbered per bank without gaps.
create table dispatch (
    bank     smallint not null references bank,
    seq      int not null check (seq > 0),
    county   int not null, period int not null, batch_no int not null,
    at       timestamptz not null,
    primary key (bank, seq),
    unique (county, period, batch_no),
    foreign key (county, period, batch_no) references batch (county, period, batch_no)
);

create table download (
    county int not null, period int not null, batch_no int not null,
    fetch_no bigint not null generated always as identity,    -- a bank may fetch twice within a second
    at timestamptz not null, fingerprint bytea not null, address text not null,
    primary key (county, period, batch_no, fetch_no),
    foreign key (county, period, batch_no) references batch (county, period, batch_no)
);

-- What a bank signed to say that it has files, or refuses one: a CMS with the text inside, named by its SHA-256.
create table receipt_note (
    digest      bytea primary key check (octet_length(digest) = 32),
    cms         bytea not null,
    fingerprint bytea not null
);

-- The bank's signed word that it has a file, or refuses it. One note may be about many files.
create table receipt (
    county int not null, period int not null, batch_no int not null,
    accepted    boolean not null,
    reason      text not null,
    note        bytea not null references receipt_note,
    at          timestamptz not null,
    primary key (county, period, batch_no),
    foreign key (county, period, batch_no) references batch (county, period, batch_no)
);

create table return_file (
    return_no   bigint generated always as identity primary key,
    bank        smallint not null references bank,
    name        text not null,
    digest      bytea not null check (octet_length(digest) = 32),
    bytes       bigint not null,
    signature   bytea not null,
    fingerprint bytea not null,
    at          timestamptz not null,
    unique (bank, digest),
    unique (bank, name)
);

create table return_result (
    return_no    bigint primary key references return_file,
    accepted     boolean not null,
    reason       text not null,               -- why it was refused: every fault, a line each
    county       int, period int, batch_no int,
    paid         int not null, paid_total bigint not null,
    failed       int not null, failed_total bigint not null,
    in_progress  int not null,
    breaks       int not null,
    is_first     boolean not null,            -- the first that was accepted for its batch: none had an outcome before
    at           timestamptz not null
);
create index return_result_by_batch on return_result (county, period, batch_no);
create unique index return_result_first on return_result (county, period, batch_no) where accepted and is_first;

-- The bank's first final word on one attempt to pay (1 paid, 2 failed). A second one is refused by the keys of each part;
-- see 0002_parts.sql.
create table outcome (
    part      int not null,
    county    int not null,
    serial    int not null,
    attempt   smallint not null check (attempt > 0),
    kind      smallint not null check (kind in (1, 2)),
    reason    smallint not null,
    amount    bigint not null check (amount > 0),
    value_day int not null,
    return_no int not null,
    line      int not null,
    check ((kind = 1) = (reason = 0))
) partition by range (part);

-- Every failed attempt: an open item (2111) until it is re-issued. Written by put_failures() alone, which takes only what
-- has an outcome: a foreign key says the same, but asks for each row by itself, at ten times the cost.
create table failure (
    part int not null, county int not null, serial int not null, attempt smallint not null,
    kind smallint not null check (kind = 2), reason smallint not null, amount bigint not null,
    bank smallint not null, programme smallint not null, payee_kind smallint not null, payee bigint not null,
    return_no bigint not null, line int not null, value_day int not null,
    primary key (county, serial, attempt, part)
);

-- The lines of computed re-issue batches: plans, until their unit is released.
create table reissue_line (
    run_no int not null, county int not null, period int not null, batch_no int not null, line int not null,
    part int not null, serial int not null, attempt smallint not null check (attempt > 1),
    amount bigint not null check (amount > 0),
    primary key (county, period, batch_no, line),
    unique (run_no, county, part, serial, attempt),
    foreign key (county, period, batch_no) references batch (county, period, batch_no),
    foreign key (run_no, county) references unit (run_no, county)
);

-- A new attempt. It exists only for a failed attempt before it, once: at most one live attempt for an obligation.
create table reissue (
    part int not null, county int not null, serial int not null,
    attempt smallint not null check (attempt > 1),
    run_no int not null, period int not null, batch_no int not null, line int not null,
    amount bigint not null check (amount > 0),
    attempt_before smallint generated always as (attempt - 1) stored,
    primary key (county, serial, attempt, part),
    unique (county, period, batch_no, line),
    foreign key (county, serial, attempt_before, part) references failure (county, serial, attempt, part),
    foreign key (county, period, batch_no, line) references reissue_line (county, period, batch_no, line)
);

-- What reconciliation could not explain.
create table break (
    county int not null, break_no bigint generated always as identity, kind text not null,
    return_no bigint not null references return_file, line int not null,
    evidence text not null, at timestamptz not null,
    primary key (county, break_no)
);

-- ---------------------------------------------------------------------------------------------------- ledger
-- One balanced journal entry. Postings are parallel arrays: a debit is positive, a credit negative; they sum to zero.
-- `cause` names what it was posted for: the key refuses posting the same thing twice.
create table entry (
    county      int not null,
    entry_no    bigint not null generated always as identity,
    kind        smallint not null,
    cause       text not null,
    value_day   int not null,                 -- days since 1970-01-01
    known_at    timestamptz not null,
    programme   smallint not null,            -- 0 where none
    bank        smallint not null,            -- 0 where none
    period      int not null,                 -- 0 where none
    account     int[] not null,
    source      smallint[] not null,          -- 0 where none; 1 central, 2 province, 3 prefecture, 4 county
    fund_year   smallint[] not null,          -- the fiscal year of the money, 0 where its source is not known
    purpose     smallint[] not null,          -- 1 general, 2 relief, 3 children, 4 disability; 0 where not known
    amount      bigint[] not null,
    lines       int not null,
    line_total  bigint not null,
    lines_root  bytea not null,               -- Merkle root over the lines; empty where there are none
    digest      bytea not null check (octet_length(digest) = 32),
    primary key (county, entry_no),
    unique (county, kind, cause),
    check (balanced(amount)),
    check (cardinality(amount) >= 2 and cardinality(amount) = cardinality(account)
           and cardinality(amount) = cardinality(source) and cardinality(amount) = cardinality(fund_year)
           and cardinality(amount) = cardinality(purpose)),
    check (0 <> all (amount))
);

-- Whatever else must be provable: imports, computed units, approvals, receipts, return files.
create table act (
    act_no   bigint generated always as identity primary key,
    kind     text not null,
    county   int not null,                    -- 0 where it concerns none or many
    text     text not null,                   -- canonical, one line: what the digest is over
    digest   bytea not null check (octet_length(digest) = 32),
    at       timestamptz not null
);

-- The order of the log: each entry and each act once.
create table log_leaf (
    position bigint primary key check (position >= 0),
    county   int,
    entry_no bigint,
    act_no   bigint unique references act,
    digest   bytea not null check (octet_length(digest) = 32),
    unique (county, entry_no),
    check ((entry_no is null) <> (act_no is null)),
    foreign key (county, entry_no) references entry (county, entry_no)
);

create table checkpoint (
    size bigint primary key check (size > 0),
    root bytea not null check (octet_length(root) = 32),
    note text not null,                       -- the signed note, C2SP
    at   timestamptz not null
);
