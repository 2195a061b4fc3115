-- Resident IDs and account numbers are shown as pseudonyms. Whoever needs the very number of a person says why, and that
-- is on record before it is shown.
create table unmasking (
    unmask_no   bigint generated always as identity primary key,
    county      int not null,
    person_no   bigint not null,
    reason      text not null check (reason <> '' and position('|' in reason) = 0),
    officer     text not null,
    fingerprint bytea not null,
    at          timestamptz not null
);
create index unmasking_of_person on unmasking (county, person_no);

grant select, insert on unmasking to onecard_service;
grant select on unmasking to onecard_auditor;
grant usage on all sequences in schema public to onecard_service;
