insert into break_owner (county, break_no, owner, given_by, at)
values (:county, :break_no, :owner, :given_by, to_timestamp(:at));
