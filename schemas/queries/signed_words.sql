-- Every CMS on record but those of batch files, which are read with their batches.
select 1::smallint, 'run ' || run_no || '/' || lpad(county::text, 6, '0') || ' step ' || step, run_no, county, step,
       signature, fingerprint, '', ''::bytea
  from unit_step
union all
select 2::smallint, 'receipt of ' || b.file_id, 0, b.county, 0::smallint, r.cms, r.fingerprint,
       e'onecard receipt 1\nfile ' || b.file_id || e'\nsha256 ' || encode(b.file_digest, 'hex') || e'\nanswer '
       || case when r.accepted then 'accepted' else 'refused ' || r.reason end || e'\n', ''::bytea
  from receipt r
  join batch b using (county, period, batch_no)
union all
select 3::smallint, 'return file ' || name, 0, 0, 0::smallint, signature, fingerprint, '', digest
  from return_file
union all
select 3::smallint, 'statement ' || name, 0, 0, 0::smallint, signature, fingerprint, '', digest
  from statement
 where signature <> '';
