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
    -- What failed is keyed at once: a failure can lead to another payment.
    execute format('create unique index outcome_%1$s_failed on outcome_%1$s (county, serial, attempt) where kind = 2',
                   new_part);
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

-- Keys the outcomes of a part. They come by the thousand, and a key that is in place for each costs more than all else
-- about them. Until it is there a batch is answered by one first return file (return_result_first), whose lines ascend;
-- another answer to it, what is said of an outcome later, and what follows a failure all need the key. Harmless to repeat.
-- Whoever reads goes on meanwhile; whoever adds outcomes to this part waits. `waits`: for those who are adding some, else
-- it leaves a part to which somebody adds, or which somebody keys.
create function key_outcomes(which int, waits boolean) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if exists (select from outcome_keyed where part = which) then return; end if;
    begin
        -- Against whoever adds, and whoever else would key it; nobody who reads is held up.
        execute format('lock table outcome_%s in share row exclusive mode %s', which,
                       case when waits then '' else 'nowait' end);
    exception when lock_not_available then
        if waits then raise; end if;
        return;
    end;
    -- Somebody else may have keyed it while this one waited.
    if exists (select from outcome_keyed where part = which) then return; end if;
    execute format('create unique index outcome_%1$s_key on outcome_%1$s (county, serial, attempt)', which);
    insert into outcome_keyed (part, keyed_at) values (which, now());
end $$;

revoke execute on function make_part(int), key_part(int), key_outcomes(int, boolean) from public;

-- Writes failures, all or none: each of an attempt that has its outcome, with that outcome's amount, and failed by it or
-- paid by it and then taken back (which its reversal says, and that needs the outcomes' key).
create function put_failures(parts int[], counties int[], serials int[], attempts smallint[], kinds smallint[],
                             reasons smallint[], amounts bigint[], banks smallint[], programmes smallint[],
                             payee_kinds smallint[], payees bigint[], return_nos bigint[], lines int[],
                             value_days int[]) returns void
language plpgsql security definer set search_path = public, pg_temp
-- The planner knows nothing of outcomes that came a moment ago; each is found by its key.
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
    written bigint;
    written_of_reversals bigint := 0;
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
     where o.amount = f.amount and f.kind = 2 and o.kind = 2;
    get diagnostics written = row_count;
    if 2 <> any (kinds) then
        insert into failure (part, county, serial, attempt, kind, reason, amount, bank, programme, payee_kind, payee,
                             return_no, line, value_day)
        select f.part, f.county, f.serial, f.attempt, f.kind, f.reason, f.amount, f.bank, f.programme, f.payee_kind,
               f.payee, f.return_no, f.line, f.value_day
          from unnest(parts, counties, serials, attempts, kinds, reasons, amounts, banks, programmes, payee_kinds,
                      payees, return_nos, lines, value_days)
               as f (part, county, serial, attempt, kind, reason, amount, bank, programme, payee_kind, payee, return_no,
                     line, value_day)
          join outcome o using (county, serial, attempt, part)
         where o.amount = f.amount and f.kind <> 2 and o.kind = 1;
        get diagnostics written_of_reversals = row_count;
    end if;
    if written + written_of_reversals <> cardinality(parts) then
        raise exception 'a failure without its outcome' using errcode = 'foreign_key_violation',
                                                              constraint = 'failure_has_outcome';
    end if;
end $$;

-- For tables whose rows say something of outcomes: a foreign key cannot name a table whose parts get their keys later, and
-- asks for each row by itself. What is written together is looked at together.
create function needs_outcome() returns trigger
language plpgsql security definer set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
declare
    said bigint;
    found_of_them bigint;
    lost record;
begin
    select count(serial) into said from added;
    if said = 0 then return null; end if;
    select count(*) into found_of_them
      from added a
      join outcome_keyed k on k.part = a.part
      join outcome o on o.county = a.county and o.serial = a.serial and o.attempt = a.attempt and o.part = a.part;
    if found_of_them <> said then
        select a.county, a.part, a.serial, a.attempt into lost
          from added a
         where a.serial is not null
           and not exists (select
                             from outcome_keyed k
                             join outcome o on o.part = k.part
                            where k.part = a.part and o.county = a.county and o.serial = a.serial
                              and o.attempt = a.attempt)
         limit 1;
        raise exception '% of %/%/% attempt %: its outcome is not there, or its part is not keyed', tg_table_name,
                        lpad(lost.county::text, 6, '0'), lost.part / 1000 + 190000, lost.serial, lost.attempt
            using errcode = 'foreign_key_violation', constraint = tg_table_name || '_has_outcome';
    end if;
    return null;
end $$;
