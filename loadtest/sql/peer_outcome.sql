insert into floor_peer_outcome (part, county, serial, attempt, kind, reason, amount, value_day, return_no, line)
values (12101001, $1::int, $2::int, 1, 1, 0, 90400, 18993, 1, $2::int);
