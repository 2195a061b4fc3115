-- How breaks end that are about money on a transit account: a credit of nobody that is a payment's late return or that
-- gives back what was claimed from the bank, and payments that no statement has.

-- A paid attempt can be taken back by the word of people, too: they found its money on a statement, and no return file has
-- told of it. `return_no` and `line` are then those of the file that had said it was paid.
alter table reversal add proposal_no bigint references proposal_done;
alter table reversal add check (proposal_no is null or (kind = 3 and return_no = paid_by));

-- What a bank gives back of what was claimed from it, step by step: never more than was claimed.
create table claim_repayment (
    county     int not null,
    claim_no   bigint not null,               -- the break that was claimed from the bank
    step       smallint not null check (step > 0),
    break_no   bigint not null,               -- the credit that gives it back, once
    amount     bigint not null check (amount > 0),
    left_after bigint not null check (left_after >= 0),
    primary key (county, claim_no, step),
    unique (county, break_no),
    foreign key (county, claim_no) references break_resolution (county, break_no),
    foreign key (county, break_no) references break_resolution (county, break_no)
);

-- What a return file says was paid and no statement has is one break of that file, told by the first statement that should
-- have had it; it is no line of it.
alter table break add of_return bigint references return_file;
alter table break add check (of_return is null or (statement_no is not null and line = 0));
create unique index break_of_return on break (of_return) where of_return is not null;
drop index break_of_statement_line;
create unique index break_of_statement_line on break (statement_no, line) where statement_no is not null and line > 0;

-- What stands as paid: a bank's word that nothing took back, and what people found to be paid after all.
create view arrived as
select o.part, o.county, o.serial, o.attempt, o.kind, o.amount, o.value_day, o.return_no, o.line
  from outcome o
 where o.kind = 1 and not exists (select
                                    from reversal v
                                   where v.county = o.county and v.serial = o.serial and v.attempt = o.attempt
                                     and v.part = o.part)
    or o.kind = 2 and exists (select
                                from failure_fate f
                               where f.county = o.county and f.serial = o.serial and f.attempt = o.attempt
                                 and f.part = o.part and f.fate = 'paid');

grant select on arrived to onecard_service, onecard_auditor;
grant select, insert on claim_repayment to onecard_service;
grant select on claim_repayment to onecard_auditor;
