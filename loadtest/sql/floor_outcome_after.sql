alter table floor_outcome_:part add primary key (county, serial, attempt, part);
alter table floor_outcome attach partition floor_outcome_:part for values from (:part) to (:next);
commit;
