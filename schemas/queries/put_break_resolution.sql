insert into break_resolution (county, break_no, resolution, proposal_no, at)
values (:county, :break_no, :resolution, :proposal_no, to_timestamp(:at));
