-- Who looked at the very bytes that a break is about, and late returns as breaks of their own.

create table evidence_reading (
    reading_no  bigint generated always as identity primary key,
    county      int not null,
    break_no    bigint not null,
    is_masked   boolean not null,
    reason      text not null check (position('|' in reason) = 0 and is_masked = (reason = '')),
    officer     text not null,
    fingerprint bytea not null,
    at          timestamptz not null,
    foreign key (county, break_no) references break (county, break_no)
);
create index evidence_reading_of_break on evidence_reading (county, break_no);

-- A late return is a break of its own, of the line that took the payment back: it is found by that line.
drop index reversal_by_return;
create index reversal_by_return on reversal (return_no, line);

-- How it ends without a decision about the break itself: with what became of the open item that it left behind.
create view late_return_end as
select k.county, k.break_no,
       case f.fate when 'reissued' then 'pay-again' when 'cancelled' then 'cancelled' when 'paid' then 'accept-paid' end as resolution,
       f.proposal_no, f.at
  from break k
  join reversal v on v.return_no = k.return_no and v.line = k.line and v.county = k.county
  join failure_fate f on f.county = v.county and f.serial = v.serial and f.attempt = v.attempt and f.part = v.part
 where k.kind = 'late-return' and v.kind = 3 and v.proposal_no is null;

grant select, insert on evidence_reading to onecard_service;
grant select on evidence_reading, late_return_end to onecard_auditor;
grant select on late_return_end to onecard_service;
grant usage on all sequences in schema public to onecard_service;
