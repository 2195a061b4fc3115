-- The words of one kind that one return file brought: 1 paid, 2 failed, 3 returned, 4 corrected.
select part, serial, attempt, reason, amount, value_day, line
  from (select part, serial, attempt, reason, amount, value_day, line
          from outcome
         where county = :county::int and return_no = :return_no::int and kind = :kind::smallint
        union all
        select part, serial, attempt, reason, amount, value_day, line
          from reversal
         where county = :county::int and return_no = :return_no::bigint and proposal_no is null and kind = :kind::smallint) words
 order by line;
