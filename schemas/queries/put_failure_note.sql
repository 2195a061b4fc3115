insert into failure_note (part, county, serial, attempt, decision, reason, by, at)
values (:part, :county, :serial, :attempt, :decision, :reason, :by, to_timestamp(:at));
