insert into floor_peer_payment (part, county, serial, programme, component, kind, benefit_month, beneficiary, payee_kind,
                                payee, amount)
values (12101001, $1::int, $2::int, 3, 1, 1, 202101, $2::int, 1, $2::int, 90400);
