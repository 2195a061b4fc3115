alter table floor_payment_:part
    add primary key (county, beneficiary, programme, component, benefit_month, kind, part);
create index on floor_payment_:part using brin (county, serial) with (pages_per_range = 16);
alter table floor_payment attach partition floor_payment_:part for values from (:part) to (:next);
commit;
