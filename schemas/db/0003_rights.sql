-- Rights: the owner migrates; the service reads and appends; the auditor reads. Roles belong to the whole cluster,
-- so they are made only when they are missing.
do $$
begin
    if not exists (select from pg_roles where rolname = 'onecard_service') then
        create role onecard_service login;
    end if;
    if not exists (select from pg_roles where rolname = 'onecard_auditor') then
        create role onecard_auditor login;
    end if;
end $$;

revoke all on all tables in schema public from public;
grant usage on schema public to onecard_service, onecard_auditor;
grant select, insert on all tables in schema public to onecard_service;
grant select on all tables in schema public to onecard_auditor;
grant usage on all sequences in schema public to onecard_service;
-- Parts are made and keyed by the owner's functions only, failures written by one, and payments are loaded into the
-- tables of their part.
revoke insert on migration, part, part_keyed, outcome_keyed, payment, outcome, failure from onecard_service;
revoke create on schema public from public;
grant execute on function make_part(int), key_part(int), key_outcomes(int, boolean), put_failures to onecard_service;
