begin;
create table floor_payment_:part (like payment including constraints including defaults);
alter table floor_payment_:part add check (part >= :part and part < :next);
