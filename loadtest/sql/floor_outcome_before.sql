begin;
create table floor_outcome_:part (like outcome including constraints including defaults);
create unique index on floor_outcome_:part (county, serial, attempt) where kind = 2;
alter table floor_outcome_:part add check (part >= :part and part < :next);
