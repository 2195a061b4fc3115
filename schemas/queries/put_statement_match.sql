insert into statement_match (statement_no, round, at)
select :statement_no::bigint, coalesce(max(round), 0) + 1, to_timestamp(:at)
  from statement_match
 where statement_no = :statement_no::bigint
returning round::bigint;
