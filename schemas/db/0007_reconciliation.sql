-- Returns and reconciliation: what takes an outcome back, what became of a failure in the end, files that are sent
-- again, breaks with their resolutions, decisions of two persons.

-- ---------------------------------------------------------------------------------------------------- decisions
-- What one person asks for and another one has to agree to. Below an office's limit nobody else is asked: there is a
-- proposal without a consent, and what it did refers to the proposal.
create table proposal (
    proposal_no bigint generated always as identity primary key,
    county      int not null,
    kind        text not null check (kind in ('resolve-break', 'cancel-failure', 'send-again',
                                                'close-month', 'close-year')),
    subject     text not null,                -- what it is about, as the kind names it
    detail      text not null,                -- what is wanted, as the kind writes it
    evidence    text not null,
    amount      bigint not null check (amount >= 0),
    needs_second boolean not null,
    proposed_by text not null,
    fingerprint bytea not null,
    at          timestamptz not null,
    unique (proposal_no, proposed_by),
    unique (proposal_no, needs_second)
);
create index proposal_by_subject on proposal (county, kind, subject);

create table consent (
    proposal_no bigint primary key,
    proposed_by text not null,
    answered_by text not null,
    fingerprint bytea not null,
    agreed      boolean not null,
    at          timestamptz not null,
    unique (proposal_no, agreed),
    foreign key (proposal_no, proposed_by) references proposal (proposal_no, proposed_by),
    check (answered_by <> proposed_by)
);

-- A proposal that was carried out: once, and only with the consent that it needs.
create table proposal_done (
    proposal_no  bigint primary key,
    needs_second boolean not null,
    agreed_no    bigint generated always as (case when needs_second then proposal_no end) stored,
    agreed       boolean generated always as (case when needs_second then true end) stored,
    at           timestamptz not null,
    foreign key (proposal_no, needs_second) references proposal (proposal_no, needs_second),
    foreign key (agreed_no, agreed) references consent (proposal_no, agreed)
);

-- ---------------------------------------------------------------------------------------------------- attempts
-- A later word on an attempt that was paid: returned (3, 退汇) or corrected (4) by the bank's own new version of the file.
create table reversal (
    part int not null, county int not null, serial int not null, attempt smallint not null,
    kind      smallint not null check (kind in (3, 4)),
    reason    smallint not null check (reason <> 0),
    amount    bigint not null check (amount > 0),
    value_day int not null,
    paid_by   bigint not null references return_file,
    return_no bigint not null references return_file,
    line      int not null,
    primary key (county, serial, attempt, part),
    unique (county, serial, attempt, part, kind)
);
create trigger reversal_has_outcome after insert on reversal referencing new table as added
    for each statement execute function needs_outcome();
create index reversal_by_return on reversal (return_no);

-- A failure comes from the first word (2) or from a reversal, which it then needs.
alter table failure drop constraint failure_kind_check;
alter table failure add check (kind in (2, 3, 4));
alter table failure add reversed_kind smallint generated always as (case when kind <> 2 then kind end) stored;
alter table failure add foreign key (county, serial, attempt, part, reversed_kind)
    references reversal (county, serial, attempt, part, kind);

-- What became of a failure in the end: tried again, no longer owed, or paid after all. One of them, once.
-- Nothing follows a failure while somebody could be answered twice in its part.
create table failure_fate (
    part int not null references outcome_keyed, county int not null, serial int not null, attempt smallint not null,
    fate        text not null check (fate in ('reissued', 'cancelled', 'paid')),
    proposal_no bigint references proposal_done,
    at          timestamptz not null,
    primary key (county, serial, attempt, part),
    unique (county, serial, attempt, part, fate),
    foreign key (county, serial, attempt, part) references failure (county, serial, attempt, part),
    check ((fate = 'reissued') = (proposal_no is null))
);
insert into failure_fate (part, county, serial, attempt, fate, at)
select part, county, serial, attempt_before, 'reissued', now() from reissue;
-- Another attempt needs the fate that says so: at most one live attempt for an obligation.
alter table reissue add fate_before text generated always as ('reissued') stored;
do $$
declare
    old_key text;
begin
    select conname into strict old_key from pg_constraint
     where conrelid = 'reissue'::regclass and contype = 'f' and confrelid = 'failure'::regclass;
    execute format('alter table reissue drop constraint %I', old_key);
end $$;
alter table reissue add foreign key (county, serial, attempt_before, part, fate_before)
    references failure_fate (county, serial, attempt, part, fate);

-- What people decide about a failure while it is open: held back, or free to be tried again. The last one counts.
create table failure_note (
    part int not null, county int not null, serial int not null, attempt smallint not null,
    note_no  bigint generated always as identity,
    decision text not null check (decision in ('hold', 'retry')),
    reason   text not null,
    by       text not null,
    at       timestamptz not null,
    primary key (county, serial, attempt, part, note_no),
    foreign key (county, serial, attempt, part) references failure (county, serial, attempt, part)
);

-- ---------------------------------------------------------------------------------------------------- files
-- A file that its bank has refused whole can be handed over once more: the same bytes under the same name, so that it
-- cannot be paid twice. Each further round needs the refusal of the one before.
alter table dispatch add round smallint not null default 1 check (round between 1 and 99);
alter table dispatch add round_before smallint generated always as (case when round > 1 then round - 1 end) stored;
alter table dispatch add refused_before boolean generated always as (case when round > 1 then false end) stored;
alter table dispatch drop constraint dispatch_county_period_batch_no_key;
alter table dispatch add unique (county, period, batch_no, round);
alter table receipt add round smallint not null default 1;
alter table receipt drop constraint receipt_pkey;
alter table receipt add primary key (county, period, batch_no, round);
alter table receipt add unique (county, period, batch_no, round, accepted);
alter table receipt add foreign key (county, period, batch_no, round)
    references dispatch (county, period, batch_no, round);
alter table dispatch add foreign key (county, period, batch_no, round_before, refused_before)
    references receipt (county, period, batch_no, round, accepted);

-- `corrects`: the return file of which this one is the corrected version.
alter table return_result add corrects bigint references return_file;
alter table return_result add repeated int not null default 0;
alter table return_result add returned int not null default 0;
alter table return_result add returned_total bigint not null default 0;
alter table return_result add corrected int not null default 0;
alter table return_result add corrected_total bigint not null default 0;

-- ---------------------------------------------------------------------------------------------------- breaks
alter table break add amount bigint not null default 0;
alter table break add bank smallint references bank;
alter table break add reference text not null default '';

create table break_owner (
    county int not null, break_no bigint not null, owner_no bigint generated always as identity,
    owner text not null, given_by text not null, at timestamptz not null,
    primary key (county, break_no, owner_no),
    foreign key (county, break_no) references break (county, break_no)
);

create table break_resolution (
    county      int not null,
    break_no    bigint not null,
    resolution  text not null,
    proposal_no bigint not null references proposal_done,
    at          timestamptz not null,
    primary key (county, break_no),
    foreign key (county, break_no) references break (county, break_no)
);

revoke all on proposal, consent, proposal_done, reversal, failure_fate, failure_note, break_owner, break_resolution
    from public;
grant select, insert on proposal, consent, proposal_done, reversal, failure_fate, failure_note, break_owner,
    break_resolution to onecard_service;
grant select on proposal, consent, proposal_done, reversal, failure_fate, failure_note, break_owner, break_resolution
    to onecard_auditor;
grant usage on all sequences in schema public to onecard_service;
