insert into return_result (return_no, accepted, reason, county, period, batch_no, paid, paid_total, failed,
                           failed_total, in_progress, breaks, at)
values (:return_no, :accepted, :reason, :county, :period, :batch_no, :paid, :paid_total, :failed,
        :failed_total, :in_progress, :breaks, to_timestamp(:at));
