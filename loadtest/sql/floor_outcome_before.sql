begin;
create table floor_outcome_:part (like outcome including constraints including defaults);
alter table floor_outcome_:part add check (part >= :part and part < :next);
