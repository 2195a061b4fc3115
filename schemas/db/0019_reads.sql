-- What reads share: the day, and what keeps small reads small, whatever the ledger has grown to.

-- Today where the offices are. A connection counts in UTC: its own current_date is yesterday until eight in the morning,
-- and what waits was a day too young until then.
create function today() returns date language sql stable
return (now() at time zone 'Asia/Shanghai')::date;

-- ---------------------------------------------------------------------------------------------------- one part
-- Rows of one keyed part, read from its own table. Attaching another part makes every plan that reads the whole of
-- payment or outcome void, and planning it anew looks at every part: that was the slowest hundredth of all reads of a
-- story while a run is computed. These plans know one table only, which nothing touches any more.
create function payment_in(which int, of_county int, of_serial int) returns setof payment
language plpgsql stable strict rows 1 as $$
begin
    if exists (select from public.part_keyed where part = which) then
        return query execute format('select * from public.payment_%s where county = $1 and serial = $2', which)
                     using of_county, of_serial;
    end if;
end $$;

create function payments_of(which int, of_county int, of_beneficiaries bigint[]) returns setof payment
language plpgsql stable strict rows 10 as $$
begin
    if exists (select from public.part_keyed where part = which) then
        return query execute format('select * from public.payment_%s where county = $1 and beneficiary = any ($2)', which)
                     using of_county, of_beneficiaries;
    end if;
end $$;

create function outcomes_in(which int, of_county int, of_serials int[]) returns setof outcome
language plpgsql stable strict rows 10 as $$
begin
    return query execute format('select * from public.outcome_%s where county = $1 and serial = any ($2)', which)
                 using of_county, of_serials;
end $$;

-- ---------------------------------------------------------------------------------------------------- balances
-- The year of a posting: that of its money, else of the month that the entry is for, else of the value day.
create function year_of_posting(fund_year smallint, period int, value_day int) returns int
language sql immutable parallel safe
return case when fund_year > 0 then fund_year::int
            when period > 0 then period / 100
            else extract(year from date '1970-01-01' + value_day)::int end;

-- What was debited and credited to an account of a county by the entries that were written together. A unit's entries are
-- one for each of its files; those who ask for balances rarely ask for files. Written by the trigger alone, in the very
-- statement that writes the entries, and never read by whoever posts: the books are the entries. `verify` adds the entries
-- up anew and names what differs.
create table entry_total (
    county    int not null,
    value_day int not null,                   -- days since 1970-01-01
    known_at  timestamptz not null,
    year      int not null,
    account   int not null,
    debit     bigint not null check (debit >= 0),
    credit    bigint not null check (credit >= 0),
    check (debit + credit > 0)
);
create index entry_total_by_county on entry_total (county);

create function total_entries() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into entry_total (county, value_day, known_at, year, account, debit, credit)
    select county, value_day, known_at, year_of_posting(fund_year, period, value_day), account,
           coalesce(sum(amount) filter (where amount > 0), 0), coalesce(-sum(amount) filter (where amount < 0), 0)
      from (select county, period, value_day, known_at, unnest(account) as account, unnest(fund_year) as fund_year,
                   unnest(amount) as amount
              from posted) lines
     group by 1, 2, 3, 4, 5;
    return null;
end $$;
revoke execute on function total_entries() from public;

create trigger entry_totals after insert on entry
    referencing new table as posted for each statement execute function total_entries();

-- What is there already goes the same way, once.
create temporary table entry_before (like entry) on commit drop;
create trigger entry_totals after insert on entry_before
    referencing new table as posted for each statement execute function total_entries();
insert into entry_before select * from entry;

grant select on entry_total to onecard_service, onecard_auditor;
