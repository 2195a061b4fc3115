insert into failure_fate (part, county, serial, attempt, fate, proposal_no, at)
values (:part, :county, :serial, :attempt, :fate, :proposal_no, to_timestamp(:at));
