drop table if exists floor_peer_payment, floor_peer_outcome;
