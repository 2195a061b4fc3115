create unique index on floor_outcome_:part (county, serial, attempt);
alter table floor_outcome attach partition floor_outcome_:part for values from (:part) to (:next);
commit;
