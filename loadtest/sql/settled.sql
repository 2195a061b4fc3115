-- What a month must have brought about, or its figures mean nothing.
select (select sum(payments) from unit_result where run_no = :run),
       (select count(*) from batch where run_no = :run),
       (select count(*) from return_result r join batch b using (county, period, batch_no)
         where b.run_no = :run and r.accepted),
       (select sum(r.paid) from return_result r join batch b using (county, period, batch_no) where b.run_no = :run),
       (select sum(r.failed) from return_result r join batch b using (county, period, batch_no) where b.run_no = :run),
       (select count(*) from break);
