-- Screening before paying, what the past owes or is owed, and the recovery of what was paid too much.
-- As everywhere: plans are written while a unit is computed, and become real, once, when the unit is checked; the keys
-- refuse what another unit made real first. Nothing is updated.

-- ---------------------------------------------------------------------------------------------------- screening
-- Whoever is to be found again by the resident ID is found by its keyed digest, the first 16 bytes of the sealed field.
create index person_by_identity on person using hash (substr(resident_id, 1, 16));

-- One list as another authority handed it in: who was dead, in custody, paid elsewhere … as of a day. Lists are
-- bitemporal: `snapshot_day` is the day for which they speak, `list_no` the order in which they became known.
create table screening_list (
    list_no      int primary key check (list_no > 0),
    kind         smallint not null check (kind between 1 and 10),
    region       text not null,                -- division prefix that the list covers
    snapshot_day int not null,                 -- days since 1970-01-01
    source       text not null,                -- who handed it in, by which document
    file_digest  bytea not null check (octet_length(file_digest) = 32),
    rows         int not null check (rows >= 0),
    made_by      text not null,
    fingerprint  bytea not null,
    made_at      timestamptz not null,
    unique (kind, region, file_digest)
);

create table screening_row (
    list_no   int not null references screening_list,
    line      int not null,
    identity  bytea not null check (octet_length(identity) = 16),
    from_day  int not null,                    -- days since 1970-01-01; 0: from ever on
    until_day int not null,                    -- the last day; 0: without end
    note      text not null,
    primary key (list_no, line)
);
create index screening_row_by_identity on screening_row using hash (identity);

-- Where a list names somebody of the register: found when either of them comes in, so that a run reads a few rows.
create table screening_hit (
    county    int not null,
    person_no bigint not null,
    list_no   int not null,
    line      int not null,
    identity  bytea not null,
    import_no int not null references import,  -- the first that brought the person with this identity
    primary key (county, person_no, list_no, line, identity),
    foreign key (list_no, line) references screening_row (list_no, line)
);

-- One identity under several numbers, in one county or in many.
create table same_person (
    identity  bytea not null,
    county    int not null,
    person_no bigint not null,
    import_no int not null references import,
    primary key (identity, county, person_no)
);
create index same_person_by_county on same_person (county);

-- What a run was screened by, fixed when it is computed first: the lists known then and the rules in force.
create table run_screening (
    run_no      int primary key references run,
    lists_known int not null,                  -- the last list_no that counts
    rules       text not null,
    at          timestamptz not null
);

-- A list that is older than its rule says, or missing, accepted in writing for one run.
create table stale_acceptance (
    run_no      int not null references run,
    kind        smallint not null,
    region      text not null,
    officer     text not null,
    fingerprint bytea not null,
    reason      text not null check (reason <> ''),
    at          timestamptz not null,
    primary key (run_no, kind, region)
);

-- What screening found in a unit. `subject` names the finding from run to run: a decision about it holds for later ones.
create table finding (
    run_no       int not null,
    county       int not null,
    finding_no   int not null,
    subject      text not null,
    kind         smallint not null,            -- the list's; 0: one person in several units
    household_no bigint not null,
    person_no    bigint not null,
    list_no      int references screening_list,
    line         int,
    other_county int,
    other_person bigint,
    holds        boolean not null,             -- shown only where false
    payments     int not null,                 -- that it concerns in this unit
    total        bigint not null,
    evidence     text not null,
    primary key (run_no, county, finding_no),
    foreign key (run_no, county) references unit (run_no, county)
);
create index finding_by_subject on finding (county, subject);

-- Owed, but held: in no batch. Once the finding is released it is owed as arrears, like anything that was not paid.
create table hold (
    run_no        int not null,
    county        int not null,
    hold_no       int not null,
    finding_no    int not null,
    programme     smallint not null,
    component     smallint not null,
    benefit_month int not null,
    beneficiary   bigint not null,
    household_no  bigint not null,
    person_no     bigint not null,
    payee_kind    smallint not null,
    payee         bigint not null,
    amount        bigint not null check (amount > 0),
    primary key (run_no, county, hold_no),
    foreign key (run_no, county, finding_no) references finding (run_no, county, finding_no)
);

-- A finding is released by two persons: 1 proposed (maker), 2 confirmed (checker).
create table finding_release (
    county      int not null,
    subject     text not null,
    step        smallint not null check (step in (1, 2)),
    officer     text not null,
    fingerprint bytea not null,
    reason      text not null check (reason <> ''),
    at          timestamptz not null,
    step_before smallint generated always as (case when step > 1 then step - 1 end) stored,
    primary key (county, subject, step),
    unique (county, subject, officer),
    unique (county, subject, fingerprint),
    foreign key (county, subject, step_before) references finding_release (county, subject, step)
);

-- ---------------------------------------------------------------------------------------------------- the past
-- What a run does about past months. Where there is no row it leaves the past alone.
create table run_past (
    run_no         int primary key references run,
    arrears_from   int not null,               -- the first month that is computed again
    offset_percent int not null check (offset_percent between 0 and 99),  -- of a payment, at most, kept for receivables
    excluded       text not null               -- exclusion rules, in one order, separated by commas
);

-- Payments of kind 2 are what a correction adds: arrears, for a month before the run's own, or for the own month of a run
-- that pays what the month's regular run did not.
alter table payment drop constraint payment_kind_check;
alter table payment drop constraint payment_check;
alter table payment add constraint payment_kind_check check (kind in (1, 2));
alter table payment add constraint payment_month_check check (
    case kind when 1 then benefit_month = part / 1000 + 190000 else benefit_month <= part / 1000 + 190000 end);
-- Parts that are still being loaded are no partitions yet and have their own copy of the checks.
do $$
declare
    loading int;
begin
    for loading in select part from part left join part_keyed using (part) where keyed_at is null loop
        execute format('alter table payment_%s drop constraint payment_kind_check, drop constraint payment_check, '
                       'add constraint payment_kind_check check (kind in (1, 2)), '
                       'add constraint payment_month_check check (case kind when 1 then '
                       'benefit_month = part / 1000 + 190000 else benefit_month <= part / 1000 + 190000 end)',
                       loading);
    end loop;
end $$;

-- The plan of a unit: an obligation of a past month comes to `due` instead of `awarded`. More: a payment of kind 2 with
-- this serial. Less: a receivable.
create table correction_line (
    run_no        int not null,
    county        int not null,
    line_no       int not null check (line_no > 0),
    programme     smallint not null,
    component     smallint not null,
    benefit_month int not null,
    beneficiary   bigint not null,
    step          int not null check (step > 0),
    household_no  bigint not null,
    person_no     bigint not null,
    payee_kind    smallint not null,
    payee         bigint not null,
    awarded       bigint not null check (awarded >= 0),
    due           bigint not null check (due >= 0),
    demanded      bigint not null check (demanded >= 0),  -- the receivable: what of it was not demanded before
    serial        int,
    check (awarded <> due and (due > awarded) = (serial is not null) and (demanded = 0 or due < awarded)),
    primary key (run_no, county, line_no),
    unique (run_no, county, programme, component, benefit_month, beneficiary),
    foreign key (run_no, county) references unit (run_no, county)
);

-- Real since the unit was checked. Each correction of an obligation stands on the one before: what that one made due is
-- what this one calls awarded. So nothing is corrected twice, whichever units are computed at the same time. And each
-- stands on the release of the month's regular unit, which therefore cannot be cancelled and computed anew without it.
create table correction (
    county        int not null,
    beneficiary   bigint not null,
    programme     smallint not null,
    component     smallint not null,
    benefit_month int not null,
    step          int not null check (step > 0),
    run_no        int not null,
    line_no       int not null,
    awarded       bigint not null,
    due           bigint not null check (due >= 0),
    base          int not null,                -- generation of the month's regular unit
    base_kind     smallint generated always as (1) stored,
    base_fate     text generated always as ('released') stored,
    step_before   int generated always as (case when step > 1 then step - 1 end) stored,
    check (awarded <> due),
    primary key (county, beneficiary, programme, component, benefit_month, step),
    unique (county, beneficiary, programme, component, benefit_month, step, due),
    foreign key (county, benefit_month, base_kind, base, base_fate)
        references unit_fate (county, period, kind, generation, fate),
    foreign key (county, beneficiary, programme, component, benefit_month, step_before, awarded)
        references correction (county, beneficiary, programme, component, benefit_month, step, due),
    foreign key (run_no, county, line_no) references correction_line (run_no, county, line_no)
);
create index correction_by_month on correction (county, benefit_month);

-- ---------------------------------------------------------------------------------------------------- recovery
-- What somebody was paid too much (1211). `cause` names what it was found by: the same cannot be demanded twice.
create table receivable (
    county         int not null,
    receivable_no  bigint not null check (receivable_no > 0),
    cause          text not null,
    origin         smallint not null check (origin between 1 and 5),
    programme      smallint not null,
    component      smallint not null,
    benefit_month  int not null,
    beneficiary    bigint not null,
    household_no   bigint not null,
    person_no      bigint not null,
    payee_kind     smallint not null,
    payee          bigint not null,
    amount         bigint not null check (amount > 0),
    found_day      int not null,
    prior_year     boolean not null,           -- of the benefit month, seen from the day on which it was found
    reason         text not null,
    made_by        text not null,
    primary key (county, receivable_no),
    unique (county, cause),
    unique (county, receivable_no, amount)
);
create index receivable_by_beneficiary on receivable (county, beneficiary, programme);

-- How it is to be paid back: so much a month from a month on. The newest agreement holds.
create table instalment (
    county        int not null,
    receivable_no bigint not null,
    version       int not null check (version > 0),
    monthly       bigint not null check (monthly >= 0),   -- 0: nothing is offset for the time being
    from_month    int not null,
    document      text not null check (document <> ''),
    officer       text not null,
    fingerprint   bytea not null,
    at            timestamptz not null,
    primary key (county, receivable_no, version),
    foreign key (county, receivable_no) references receivable (county, receivable_no)
);

-- A write-off or a transfer waits for a second person.
create table recovery_proposal (
    county        int not null,
    proposal_no   bigint not null generated always as identity,
    receivable_no bigint not null,
    kind          smallint not null check (kind in (3, 4)),
    amount        bigint not null check (amount > 0),
    to_county     int,
    reason        text not null check (reason <> ''),
    officer       text not null,
    fingerprint   bytea not null,
    at            timestamptz not null,
    check ((kind = 4) = (to_county is not null)),
    primary key (county, proposal_no),
    unique (county, proposal_no, receivable_no, kind, amount, officer, fingerprint),
    foreign key (county, receivable_no) references receivable (county, receivable_no)
);

-- The plan of a unit: so much of this payment is kept for that receivable. The payment is what is left.
create table offset_line (
    run_no        int not null,
    county        int not null,
    serial        int not null,
    receivable_no bigint not null,
    amount        bigint not null check (amount > 0),
    primary key (run_no, county, serial, receivable_no),
    foreign key (run_no, county) references unit (run_no, county),
    foreign key (county, receivable_no) references receivable (county, receivable_no)
);

-- What became of a receivable, a chain: each row begins with what the one before left, the first one with the whole
-- amount, and none ends below nothing. So never more is recovered than is owed.
create table recovery (
    county        int not null,
    receivable_no bigint not null,
    step          int not null check (step > 0),
    kind          smallint not null check (kind between 1 and 4),  -- 1 cash, 2 offset, 3 write-off, 4 transfer
    amount        bigint not null check (amount > 0),
    owed_before   bigint not null,
    owed_after    bigint generated always as (owed_before - amount) stored check (owed_after >= 0),
    value_day     int not null,
    document      text not null,
    officer       text not null,
    fingerprint   bytea not null,
    at            timestamptz not null,
    run_no        int,                         -- of an offset
    serial        int,
    proposal_no   bigint,                      -- of a write-off or transfer
    proposed_by   text,
    proposed_fingerprint bytea,
    step_before   int generated always as (case when step > 1 then step - 1 end) stored,
    whole         bigint generated always as (case when step = 1 then owed_before end) stored,
    check ((kind = 2) = (run_no is not null) and (kind = 2) = (serial is not null)),
    check ((kind in (3, 4)) = (proposal_no is not null and proposed_by is not null
                               and proposed_fingerprint is not null)),
    check (officer is distinct from proposed_by and fingerprint is distinct from proposed_fingerprint),
    primary key (county, receivable_no, step),
    unique (county, receivable_no, step, owed_after),
    unique (county, proposal_no),
    foreign key (county, receivable_no) references receivable (county, receivable_no),
    foreign key (county, receivable_no, whole) references receivable (county, receivable_no, amount),
    foreign key (county, receivable_no, step_before, owed_before)
        references recovery (county, receivable_no, step, owed_after),
    foreign key (run_no, county, serial, receivable_no)
        references offset_line (run_no, county, serial, receivable_no),
    foreign key (county, proposal_no, receivable_no, kind, amount, proposed_by, proposed_fingerprint)
        references recovery_proposal (county, proposal_no, receivable_no, kind, amount, officer, fingerprint)
);
-- Cash is taken once for one document and receivable.
create unique index recovery_by_document on recovery (county, receivable_no, document) where kind = 1;
create unique index recovery_by_offset on recovery (run_no, county, serial, receivable_no) where kind = 2;

grant select, insert on screening_list, screening_row, screening_hit, same_person, run_screening, stale_acceptance,
    finding, hold, finding_release, run_past, correction_line, correction, receivable, instalment, recovery_proposal,
    offset_line, recovery to onecard_service;
grant select on screening_list, screening_row, screening_hit, same_person, run_screening, stale_acceptance,
    finding, hold, finding_release, run_past, correction_line, correction, receivable, instalment, recovery_proposal,
    offset_line, recovery to onecard_auditor;
grant usage on all sequences in schema public to onecard_service;
