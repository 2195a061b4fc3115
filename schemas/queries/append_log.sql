-- Under the lock of the log. What is missing is looked for, not counted from the last number: a transaction that
-- took its numbers earlier may commit later.
insert into log_leaf (position, county, entry_no, act_no, digest)
select (select coalesce(max(position) + 1, 0) from log_leaf)
         + row_number() over (order by n.act_no is not null, n.entry_no, n.act_no) - 1,
       n.county, n.entry_no, n.act_no, n.digest
  from (select e.county, e.entry_no, null::bigint as act_no, e.digest
          from entry e
         where not exists (select from log_leaf l where l.county = e.county and l.entry_no = e.entry_no)
        union all
        select null, null, a.act_no, a.digest
          from act a
         where not exists (select from log_leaf l where l.act_no = a.act_no)) n;
