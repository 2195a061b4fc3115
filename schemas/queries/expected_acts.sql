-- The acts that must be in the log because a row tells of them. A field "*" is not in the row.
select 'bank', 'bank|' || bank || '|' || code || '|' || name || '|' || identity, 0::bigint, 'bank ' || bank
  from bank
union all
select 'import', 'import|' || import_no || '|' || made_by || '|*|'
                 || to_char(made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') || '|'
                 || replace(files, e'\n', ';'),
       extract(epoch from made_at)::bigint, 'import ' || import_no
  from import
union all
select 'run-created', 'run-created|' || run_no || '|' || case kind when 1 then 'regular' when 2 then 're-issue' end
                      || '|' || period / 100 || '-' || lpad((period % 100)::text, 2, '0') || '|' || region || '|'
                      || import_no || '|' || encode(policy_digest, 'hex') || '|' || made_by || '|*',
       extract(epoch from made_at)::bigint, 'run ' || run_no
  from run
union all
select 'unit-computed', 'unit-computed|' || r.run_no || '|' || lpad(r.county::text, 6, '0') || '|'
                        || encode(r.digest, 'hex') || '|'
                        || encode(sha256(convert_to(coalesce(f.texts, ''), 'UTF8')), 'hex'),
       extract(epoch from r.computed_at)::bigint, 'run ' || r.run_no || '/' || lpad(r.county::text, 6, '0')
  from unit_result r
  left join (select run_no, county,
                    string_agg(programme || '|' || household_no || '|' || person_no || '|' || is_error::int || '|'
                               || place || '|' || reason || e'\n', '' order by refusal_no) as texts
               from refusal
              group by run_no, county) f using (run_no, county)
union all
select 'approval', 'approval|' || run_no || '|' || lpad(county::text, 6, '0') || '|'
                   || case step when 1 then 'proposed' when 2 then 'checked' when 3 then 'released' end || '|'
                   || encode(digest, 'hex') || '|' || officer || '|' || encode(fingerprint, 'hex') || '|'
                   || encode(sha256(signature), 'hex'),
       extract(epoch from at)::bigint, 'run ' || run_no || '/' || lpad(county::text, 6, '0') || ' step ' || step
  from unit_step
union all
select 'cancelled', 'cancelled|' || u.run_no || '|' || lpad(u.county::text, 6, '0') || '|*|*',
       extract(epoch from f.at)::bigint, 'run ' || u.run_no || '/' || lpad(u.county::text, 6, '0')
  from unit_fate f
  join unit u using (county, period, kind, generation)
 where f.fate = 'cancelled'
union all
select 'download', 'download|' || b.file_id || '|' || encode(d.fingerprint, 'hex') || '|' || d.address,
       extract(epoch from d.at)::bigint, 'download of ' || b.file_id
  from download d
  join batch b using (county, period, batch_no)
union all
select 'receipt', 'receipt|' || b.file_id || '|' || case when r.accepted then 'accepted' else 'refused' end || '|'
                  || encode(r.fingerprint, 'hex') || '|' || encode(sha256(r.cms), 'hex'),
       extract(epoch from r.at)::bigint, 'receipt of ' || b.file_id
  from receipt r
  join batch b using (county, period, batch_no)
union all
select 'return-received', 'return-received|' || return_no || '|' || name || '|' || encode(digest, 'hex') || '|'
                          || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'return file ' || name
  from return_file
union all
select 'return-refused', 'return-refused|' || r.return_no || '|' || f.name || '|' || encode(f.digest, 'hex') || '|'
                         || encode(sha256(convert_to(r.reason, 'UTF8')), 'hex'),
       extract(epoch from r.at)::bigint, 'return result of ' || f.name
  from return_result r
  join return_file f using (return_no)
 where not r.accepted
union all
select 'return-posted', 'return-posted|' || r.return_no || '|' || f.name || '|' || encode(f.digest, 'hex') || '|'
                        || r.paid || '|' || r.failed || '|' || r.in_progress || '|' || r.breaks || '|'
                        || encode(sha256(convert_to(coalesce(b.texts, ''), 'UTF8')), 'hex'),
       extract(epoch from r.at)::bigint, 'return result of ' || f.name
  from return_result r
  join return_file f using (return_no)
  left join (select return_no, string_agg(kind || '|' || line || '|' || evidence || e'\n', '' order by break_no) as texts
               from break
              group by return_no) b using (return_no)
 where r.accepted
union all
select 'run-profile', 'run-profile|' || p.run_no || '|' || p.bank || '|' || encode(p.profile, 'hex') || '|'
                      || encode(sha256(convert_to(p.transit_account, 'UTF8')), 'hex'),
       extract(epoch from r.made_at)::bigint, 'run ' || p.run_no || ' profile of bank ' || p.bank
  from run_profile p
  join run r using (run_no)
union all
select 'sequence', 'sequence|' || bank || '|' || seq || '|' || name,
       extract(epoch from at)::bigint, 'sequence ' || bank || '/' || seq
  from bank_sequence
union all
select 'sequence-refused', 'sequence-refused|' || bank || '|' || seq || '|' || expected || '|' || name,
       extract(epoch from at)::bigint, 'refused sequence ' || bank || '/' || no
  from sequence_refusal
union all
select 'push', 'push|' || bank || '|' || seq || '|' || attempt || '|' || delivered::text || '|' || status || '|'
               || encode(sha256(convert_to(text, 'UTF8')), 'hex'),
       extract(epoch from at)::bigint, 'push ' || bank || '/' || seq || '/' || attempt
  from push_attempt
union all
select 'unheard', 'unheard|' || bank || '|' || seq || '|' || step || '|'
                  || to_char(due_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'),
       extract(epoch from raised_at)::bigint, 'unheard ' || bank || '/' || seq || ' ' || step
  from unheard
union all
select 'funds', 'funds|' || lpad(county::text, 6, '0') || '|' || substr(cause, 10) || '|*|*',
       extract(epoch from known_at)::bigint, 'entry ' || lpad(county::text, 6, '0') || '/' || entry_no
  from entry
 where kind = 1
union all
select 'allotment', 'allotment|' || lpad(county::text, 6, '0') || '|' || document || '|'
                    || (array['general', 'relief', 'children', 'disability'])[purpose] || '|' || year || '|' || central || '|'
                    || province || '|' || prefecture || '|' || own || '|' || officer || '|' || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'allotment ' || lpad(county::text, 6, '0') || ' ' || document
  from allotment
union all
select 'services', 'services|' || lpad(county::text, 6, '0') || '|' || substr(cause, 10) || '|*|*',
       extract(epoch from known_at)::bigint, 'entry ' || lpad(county::text, 6, '0') || '/' || entry_no
  from entry
 where kind = 32;
