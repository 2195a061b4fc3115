-- The peers' way: keys in place, one transaction a payment.
drop table if exists floor_peer_payment, floor_peer_outcome;
create table floor_peer_payment (like payment including constraints including defaults);
alter table floor_peer_payment
    add primary key (county, beneficiary, programme, component, benefit_month, kind, part);
create index on floor_peer_payment using brin (county, serial) with (pages_per_range = 16);
create table floor_peer_outcome (like outcome including constraints including defaults);
alter table floor_peer_outcome add primary key (county, serial, attempt, part);
