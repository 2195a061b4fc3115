drop table if exists floor_payment, floor_outcome cascade;
