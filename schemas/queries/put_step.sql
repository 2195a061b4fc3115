-- Under the lock of the county's money (src/store/locks.hpp: funds): what is promised and what is left cannot part.
insert into unit_step (run_no, county, step, digest, officer, fingerprint, signature, at, creator)
select :run_no::int, :county::int, :step::smallint, decode(:digest, 'hex'), :officer::text,
       decode(:fingerprint, 'hex'), decode(:signature, 'hex'), to_timestamp(:at::bigint),
       (select made_by from run where run_no = :run_no::int)
  from (select pg_advisory_xact_lock((41::bigint << 52) + :county::bigint)) as held;
