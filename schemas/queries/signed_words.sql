-- Every CMS on record but those of batch files, which are read with their batches.
select 1::smallint, 'run ' || run_no || '/' || lpad(county::text, 6, '0') || ' step ' || step, run_no, county, step,
       signature, fingerprint, '', ''::bytea
  from unit_step
union all
-- Of each file that a note is about the words that would be signed for it alone.
select 2::smallint, 'receipt of ' || r.first || case when r.files > 1 then ' and ' || r.files - 1 || ' more' else '' end, 0, 0,
       0::smallint, n.cms, n.fingerprint, r.words, ''::bytea
  from (select r.note, min(b.file_id) as first, count(*) as files,
               string_agg(e'onecard receipt 1\nfile ' || b.file_id || e'\nsha256 ' || encode(b.file_digest, 'hex') || e'\nanswer '
                          || case when r.accepted then 'accepted' else 'refused ' || r.reason end || e'\n', '' order by b.file_id)
               as words
          from receipt r
          join batch b using (county, period, batch_no)
         group by r.note) r
  join receipt_note n on n.digest = r.note
union all
select 3::smallint, 'return file ' || name, 0, 0, 0::smallint, signature, fingerprint, '', digest
  from return_file
union all
select 3::smallint, 'statement ' || name, 0, 0, 0::smallint, signature, fingerprint, '', digest
  from statement
 where signature <> '';
