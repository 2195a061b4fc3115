insert into proposal_done (proposal_no, needs_second, at) values (:proposal_no, :needs_second, to_timestamp(:at));
