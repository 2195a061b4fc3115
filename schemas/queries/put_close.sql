insert into closed_period (county, period, proposal_no, carried, at)
values (:county, :period, :proposal_no, decode(:carried, 'hex'), to_timestamp(:at));
