-- Only an accepted return file brings outcomes.
select distinct batch_no
  from return_result
 where county = :county::int and period = :period::int and batch_no = any (:batches::int[]) and accepted;
