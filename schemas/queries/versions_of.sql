-- An accepted return file and those that it was the corrected version of, newest first.
with recursive version as (
    select r.return_no, r.corrects
      from return_result r
     where r.return_no = :return_no::bigint and r.accepted and r.county = :county::int and r.period = :period::int
       and r.batch_no = :batch_no::int
    union all
    select r.return_no, r.corrects
      from version v
      join return_result r on r.return_no = v.corrects
)
select return_no from version order by return_no desc;
