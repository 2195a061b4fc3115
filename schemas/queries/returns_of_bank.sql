select f.return_no, f.name, encode(f.digest, 'hex'), extract(epoch from f.at)::bigint, r.accepted::int,
       coalesce(r.reason, ''), coalesce(r.paid, 0), coalesce(r.failed, 0), coalesce(r.in_progress, 0),
       coalesce(r.breaks, 0)
  from return_file f
  left join return_result r using (return_no)
 where f.bank = :bank::smallint and f.return_no > :after_no::bigint
 order by f.return_no
 limit :at_most::int;
