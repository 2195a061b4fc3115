-- Tables of the same shape as payment and outcome, for the floor alone.
drop table if exists floor_payment, floor_outcome cascade;
create table floor_payment (like payment including all) partition by range (part);
create table floor_outcome (like outcome including all) partition by range (part);
