-- Parts of the large tables. The service role cannot create or alter anything: these functions of the owner can.
-- A run loads into tables without any index (COPY at full speed); when all units of the part are done the part is
-- keyed, checked and attached, in one transaction. Measured: 1.6 M rows/s against 0.8 M rows/s with the key in place.
-- The search path is fixed, with the caller's temporary tables last: else a temporary table named run or unit would be
-- read in place of ours, with the owner's rights.

-- Makes the tables of a new part for a run and returns its number.
create function make_part(for_run int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    run_period int;
    new_part int;
begin
    select period into strict run_period from run where run_no = for_run;
    perform pg_advisory_xact_lock(7001, run_period);
    select coalesce(max(part), (run_period - 190000) * 1000) + 1 into new_part
      from part where part between (run_period - 190000) * 1000 and (run_period - 190000) * 1000 + 999;
    if new_part > (run_period - 190000) * 1000 + 999 then
        raise exception 'period % has no number left for another part', run_period;
    end if;
    insert into part (part, run_no) values (new_part, for_run);
    execute format('create table payment_%s (like payment including constraints including defaults)', new_part);
    execute format('alter table payment_%1$s add constraint payment_%1$s_range check (part >= %1$s and part < %2$s)',
                   new_part, new_part + 1);
    -- A few hundred pages tell the planner that rows lie in this order; more than that it need not know.
    execute format('alter table payment_%s alter county set statistics 10, alter serial set statistics 10', new_part);
    execute format('create table outcome_%s (like outcome including constraints including defaults)', new_part);
    execute format('alter table outcome_%1$s add primary key (county, serial, attempt, part)', new_part);
    execute format('alter table outcome_%1$s add constraint outcome_%1$s_range check (part >= %1$s and part < %2$s)',
                   new_part, new_part + 1);
    execute format('alter table outcome attach partition outcome_%1$s for values from (%1$s) to (%2$s)',
                   new_part, new_part + 1);
    execute format('grant select, insert on payment_%1$s, outcome_%1$s to onecard_service', new_part);
    execute format('grant select on payment_%1$s, outcome_%1$s to onecard_auditor', new_part);
    return new_part;
end $$;

-- Keys a loaded part and attaches it. Harmless to repeat. Refuses while a unit of the part is not computed.
create function key_part(which int) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    open_units bigint;
begin
    perform pg_advisory_xact_lock(7002, which);
    if exists (select from part_keyed where part = which) then return; end if;
    select count(*) into open_units
      from unit u
      left join unit_result r using (run_no, county)
      left join unit_fate f using (county, period, kind, generation)
     where u.part = which and r.run_no is null and f.fate is distinct from 'cancelled';
    if open_units > 0 then
        raise exception 'part % has % units that are not computed', which, open_units;
    end if;
    execute format('alter table payment_%1$s add primary key '
                   '(county, beneficiary, programme, component, benefit_month, kind, part)', which);
    -- So fine that the planner never prefers to read the county's whole key, for which it would take the pages of
    -- coarser ranges to be scattered.
    execute format('create index payment_%1$s_by_serial on payment_%1$s using brin (county, serial) '
                   'with (pages_per_range = 2)', which);
    -- Without it a serial is looked for through the whole county, by the key, for hours until autovacuum comes by.
    execute format('analyze payment_%s (county, serial)', which);
    execute format('alter table payment attach partition payment_%1$s for values from (%1$s) to (%2$s)',
                   which, which + 1);
    -- From here on the part is complete: nothing is added to it any more.
    execute format('revoke insert on payment_%s from onecard_service', which);
    insert into part_keyed (part, keyed_at) values (which, now());
end $$;

revoke execute on function make_part(int), key_part(int) from public;

-- Writes failures, all or none: each of an attempt that has its outcome, with that outcome's amount, and failed by it or
-- paid by it and then taken back.
create function put_failures(parts int[], counties int[], serials int[], attempts smallint[], kinds smallint[],
                             reasons smallint[], amounts bigint[], banks smallint[], programmes smallint[],
                             payee_kinds smallint[], payees bigint[], return_nos bigint[], lines int[],
                             value_days int[]) returns void
language plpgsql security definer set search_path = public, pg_temp
-- The planner knows nothing of outcomes that came a moment ago; each is found by its key.
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
    written bigint;
begin
    insert into failure (part, county, serial, attempt, kind, reason, amount, bank, programme, payee_kind, payee,
                         return_no, line, value_day)
    select f.part, f.county, f.serial, f.attempt, f.kind, f.reason, f.amount, f.bank, f.programme, f.payee_kind, f.payee,
           f.return_no, f.line, f.value_day
      from unnest(parts, counties, serials, attempts, kinds, reasons, amounts, banks, programmes, payee_kinds, payees,
                  return_nos, lines, value_days)
           as f (part, county, serial, attempt, kind, reason, amount, bank, programme, payee_kind, payee, return_no, line,
                 value_day)
      join outcome o using (county, serial, attempt, part)
     where o.amount = f.amount and (o.kind = 2) = (f.kind = 2);
    get diagnostics written = row_count;
    if written <> cardinality(parts) then
        raise exception 'a failure without its outcome' using errcode = 'foreign_key_violation',
                                                              constraint = 'failure_has_outcome';
    end if;
end $$;
