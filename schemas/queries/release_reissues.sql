-- The plan becomes attempts, and each the fate of the failure before. The keys refuse an attempt that another release
-- made first, and one whose failure has come to another end.
with fates as (
    insert into failure_fate (part, county, serial, attempt, fate, at)
    select part, county, serial, attempt - 1, 'reissued', now()
      from reissue_line
     where run_no = :run_no::int and county = :county::int
)
insert into reissue (part, county, serial, attempt, run_no, period, batch_no, line, amount)
select part, county, serial, attempt, run_no, period, batch_no, line, amount
  from reissue_line
 where run_no = :run_no::int and county = :county::int;
