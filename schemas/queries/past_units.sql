-- The live regular units of past months: cancelled ones owed nothing.
select u.period, u.run_no, u.part, run.import_no, encode(run.policy_digest, 'hex'), (f.fate is not distinct from 'released')::int
  from unit u
  join run on run.run_no = u.run_no
  left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                       and f.generation = u.generation
 where u.county = :county::int and u.kind = 1 and u.period >= :from::int and u.period < :before::int
   and f.fate is distinct from 'cancelled'
 order by u.period;
