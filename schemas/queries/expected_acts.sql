-- The acts that must be in the log because a row tells of them. A field "*" is not in the row.
with list_kind (kind, code) as (
    values (0, 'same-person'), (1, 'deaths'), (2, 'custody'), (3, 'work-injury-care'), (4, 'elder-care'),
           (5, 'fiscal-payroll'), (6, 'vehicles'), (7, 'houses'), (8, 'companies'), (9, 'officials-relatives'), (10, 'other')
), recovery_kind (kind, code) as (
    values (1, 'cash'), (2, 'offset'), (3, 'write-off'), (4, 'transfer')
)
select 'bank', 'bank|' || bank || '|' || code || '|' || name || '|' || identity, 0::bigint, 'bank ' || bank
  from bank
union all
select 'import', 'import|' || import_no || '|' || made_by || '|*|'
                 || to_char(made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') || '|'
                 || replace(files, e'\n', ';'),
       extract(epoch from made_at)::bigint, 'import ' || import_no
  from import
union all
select 'run-created', 'run-created|' || run_no || '|' || (array['regular', 're-issue', 'supplementary', 'one-off', 'price-linked'])[kind]
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
                  || encode(n.fingerprint, 'hex') || '|' || encode(sha256(n.cms), 'hex'),
       extract(epoch from r.at)::bigint, 'receipt of ' || b.file_id
  from receipt r
  join receipt_note n on n.digest = r.note
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
                        || coalesce(r.corrects, 0) || '|' || r.repeated || '|' || r.returned || '|' || r.corrected || '|'
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
select 'account-confirmed', 'account-confirmed|' || lpad(county::text, 6, '0') || '|' || payee_kind || '|' || payee || '|'
                            || import_no || '|' || officer || '|' || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'confirmed account of payee ' || payee_kind || '/' || payee
  from account_confirmation
union all
select 'name-check', 'name-check|' || file_id || '|' || bank || '|' || import_no || '|' || encode(file_digest, 'hex') || '|'
                     || encode(sha256(signature), 'hex') || '|' || made_by,
       extract(epoch from at)::bigint, 'name check ' || file_id
  from name_check
union all
select 'name-answer', 'name-answer|' || c.file_id || '|' || encode(sha256(a.cms), 'hex') || '|'
                      || encode(a.fingerprint, 'hex') || '|'
                      || encode(sha256(convert_to((select string_agg(v.line || '|' || l.payee_kind || '|' || l.payee || '|'
                                                                     || l.account_import || '|' || v.reason || e'\n', '' order by v.line)
                                                     from name_verdict v join name_check_line l using (check_no, line)
                                                    where v.check_no = a.check_no), 'UTF8')), 'hex'),
       extract(epoch from a.at)::bigint, 'answer to name check ' || c.file_id
  from name_answer a
  join name_check c using (check_no)
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
 where kind = 32
union all
select 'run-past', 'run-past|' || run_no || '|' || p.arrears_from / 100 || '-' || lpad((p.arrears_from % 100)::text, 2, '0') || '|'
                   || p.offset_percent || '|' || p.excluded,
       extract(epoch from r.made_at)::bigint, 'past months of run ' || run_no
  from run_past p
  join run r using (run_no)
union all
select 'run-screened', 'run-screened|' || run_no || '|' || lists_known || '|'
                       || encode(sha256(convert_to(rules, 'UTF8')), 'hex'),
       extract(epoch from at)::bigint, 'screening of run ' || run_no
  from run_screening
union all
select 'screening-list', 'screening-list|' || l.list_no || '|' || k.code || '|' || l.region || '|'
                         || (date '1970-01-01' + l.snapshot_day) || '|' || encode(l.file_digest, 'hex') || '|' || l.rows
                         || '|' || l.source || '|' || encode(sha256(convert_to(coalesce(r.texts, ''), 'UTF8')), 'hex')
                         || '|' || l.made_by || '|' || encode(l.fingerprint, 'hex'),
       extract(epoch from l.made_at)::bigint, 'screening list ' || l.list_no
  from screening_list l
  join list_kind k using (kind)
  left join (select list_no, string_agg(line || '|' || encode(identity, 'hex') || '|' || from_day || '|' || until_day || '|'
                                        || note || e'\n', '' order by line) as texts
               from screening_row
              group by list_no) r using (list_no)
union all
select 'stale-accepted', 'stale-accepted|' || a.run_no || '|' || k.code || '|' || a.region || '|' || a.officer || '|'
                         || encode(a.fingerprint, 'hex') || '|' || a.reason,
       extract(epoch from a.at)::bigint, 'acceptance of «' || k.code || '» for run ' || a.run_no
  from stale_acceptance a
  join list_kind k using (kind)
union all
select 'finding-release', 'finding-release|' || lpad(county::text, 6, '0') || '|' || subject || '|' || step || '|' || officer
                          || '|' || encode(fingerprint, 'hex') || '|' || reason,
       extract(epoch from at)::bigint, 'release of ' || lpad(county::text, 6, '0') || ' ' || subject
  from finding_release
union all
select 'overpayment', 'overpayment|' || lpad(r.county::text, 6, '0') || '|' || r.receivable_no || '|*|' || r.amount || '|'
                      || substr(r.cause, position(' document ' in r.cause) + 10) || '|' || r.made_by || '|*',
       extract(epoch from e.known_at)::bigint, 'receivable ' || lpad(r.county::text, 6, '0') || '/' || r.receivable_no
  from receivable r
  left join entry e on e.county = r.county and e.kind in (15, 16)
                   and e.cause like 'receivable ' || r.receivable_no || '/%'
 where r.origin in (2, 3, 4)
union all
select 'recovered', 'recovered|' || lpad(county::text, 6, '0') || '|' || receivable_no || '|cash|' || amount || '|' || document || '|'
                    || officer || '|' || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'receivable ' || lpad(county::text, 6, '0') || '/' || receivable_no || ' step ' || step
  from recovery
 where kind = 1
union all
select 'instalment', 'instalment|' || lpad(county::text, 6, '0') || '|' || receivable_no || '|' || monthly || '|'
                     || from_month / 100 || '-' || lpad((from_month % 100)::text, 2, '0') || '|' || document || '|' || officer || '|'
                     || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'instalment of receivable ' || lpad(county::text, 6, '0') || '/' || receivable_no
  from instalment
union all
select 'recovery-proposed', 'recovery-proposed|' || lpad(p.county::text, 6, '0') || '|' || p.proposal_no || '|' || p.receivable_no
                            || '|' || k.code || '|' || p.amount || '|' || coalesce(lpad(p.to_county::text, 6, '0'), '-') || '|'
                            || p.officer || '|' || encode(p.fingerprint, 'hex') || '|' || p.reason,
       extract(epoch from p.at)::bigint, 'proposal ' || lpad(p.county::text, 6, '0') || '/' || p.proposal_no
  from recovery_proposal p
  join recovery_kind k using (kind)
union all
select 'recovery-approved', 'recovery-approved|' || lpad(county::text, 6, '0') || '|' || proposal_no || '|' || amount || '|' || officer
                            || '|' || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'receivable ' || lpad(county::text, 6, '0') || '/' || receivable_no || ' step ' || step
  from recovery
 where kind in (3, 4)
union all
select 'remitted', 'remitted|' || lpad(county::text, 6, '0') || '|' || (select sum(a) from unnest(amount) a where a > 0) || '|'
                   || substr(cause, 10) || '|*|*',
       extract(epoch from known_at)::bigint, 'entry ' || lpad(county::text, 6, '0') || '/' || entry_no
  from entry
 where kind = 20
union all
select 'proposed', 'proposed|' || proposal_no || '|' || kind || '|' || subject || '|' || detail || '|' || amount || '|'
                   || proposed_by || '|' || encode(fingerprint, 'hex') || '|' || evidence,
       extract(epoch from at)::bigint, 'proposal ' || proposal_no
  from proposal
union all
select 'answered', 'answered|' || proposal_no || '|' || case when agreed then 'agreed' else 'refused' end || '|'
                   || answered_by || '|' || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'answer to proposal ' || proposal_no
  from consent
union all
select 'failure-note', 'failure-note|' || lpad(county::text, 6, '0') || '|' || part / 1000 + 190000 || '|' || serial || '|'
                       || attempt || '|' || decision || '|' || by || '|*|' || reason,
       extract(epoch from at)::bigint,
       'note on payment ' || lpad(county::text, 6, '0') || '/' || part / 1000 + 190000 || '/' || serial
  from failure_note
union all
select 'break-found', 'break-found|' || statement_no || '|' || line || '|' || kind || '|' || amount || '|' || reference || '|'
                      || encode(sha256(convert_to(evidence, 'UTF8')), 'hex'),
       extract(epoch from at)::bigint, 'break ' || lpad(county::text, 6, '0') || '/' || break_no
  from break
 where statement_no is not null
union all
select 'statement-fits', 'statement-fits|' || m.statement_no || '|' || m.round || '|' || coalesce(f.fits, 0) || '|'
                         || encode(sha256(convert_to(coalesce(f.texts, ''), 'UTF8')), 'hex'),
       extract(epoch from m.at)::bigint, 'lines of statement ' || m.statement_no || ' that fit'
  from statement_match m
  left join (select f.statement_no, f.round, count(*) as fits,
                    string_agg(f.line || '|' || f.fit || '|' || f.county || '|' || coalesce(f.part, 0) || '|' || coalesce(f.serial, 0)
                               || '|' || coalesce(f.attempt, 0) || '|' || coalesce(f.period, 0) || '|' || coalesce(f.batch_no, 0)
                               || '|' || coalesce(a.returns, '') || e'\n', '' order by f.county, f.line) as texts
               from statement_fit f
               left join (select statement_no, line, string_agg(return_no::text, ' ' order by return_no) as returns
                            from statement_answer
                           group by statement_no, line) a using (statement_no, line)
              group by f.statement_no, f.round) f using (statement_no, round)
union all
select 'break-given', 'break-given|' || lpad(county::text, 6, '0') || '|' || break_no || '|' || owner || '|' || given_by
                      || '|*',
       extract(epoch from at)::bigint, 'owner of break ' || lpad(county::text, 6, '0') || '/' || break_no
  from break_owner
union all
select 'statement-received', 'statement-received|' || statement_no || '|' || name || '|' || encode(digest, 'hex') || '|'
                             || brought_by || '|' || encode(fingerprint, 'hex'),
       extract(epoch from at)::bigint, 'statement ' || name
  from statement
union all
select 'statement-refused', 'statement-refused|' || r.statement_no || '|' || s.name || '|' || encode(s.digest, 'hex') || '|'
                            || encode(sha256(convert_to(r.reason, 'UTF8')), 'hex'),
       extract(epoch from r.at)::bigint, 'result of statement ' || s.name
  from statement_result r
  join statement s using (statement_no)
 where not r.accepted
union all
select 'statement-posted', 'statement-posted|' || r.statement_no || '|' || s.name || '|' || encode(s.digest, 'hex') || '|'
                           || r.statement_id || '|' || date '1970-01-01' + r.first_day || '|'
                           || date '1970-01-01' + r.last_day || '|' || coalesce(r.opening::text, '') || '|'
                           || coalesce(r.closing::text, '') || '|' || r.lines || '|' || r.credits || '|' || r.debits || '|'
                           || r.account_tail || '|'
                           || array_to_string(r.counties, ' '),
       extract(epoch from r.at)::bigint, 'result of statement ' || s.name
  from statement_result r
  join statement s using (statement_no)
 where r.accepted
union all
select 'closed', 'closed|' || lpad(county::text, 6, '0') || '|' || period || '|' || proposal_no || '|'
                 || encode(carried, 'hex'),
       extract(epoch from at)::bigint, 'close of ' || lpad(county::text, 6, '0') || '/' || period
  from closed_period
union all
select 'outlier-accepted', 'outlier-accepted|' || run_no || '|' || lpad(county::text, 6, '0') || '|' || outlier_no || '|'
                           || officer || '|' || encode(fingerprint, 'hex') || '|' || reason,
       extract(epoch from at)::bigint, 'outlier ' || run_no || '/' || lpad(county::text, 6, '0') || '/' || outlier_no
  from outlier_acceptance
union all
select 'unmasked', 'unmasked|' || unmask_no || '|' || lpad(county::text, 6, '0') || '|' || person_no || '|' || officer || '|'
                   || encode(fingerprint, 'hex') || '|' || reason,
       extract(epoch from at)::bigint, 'unmasking ' || unmask_no
  from unmasking
union all
select 'evidence-read', 'evidence-read|' || reading_no || '|' || lpad(county::text, 6, '0') || '|' || break_no || '|'
                        || case when is_masked then 'masked' else 'unmasked' end || '|' || officer || '|'
                        || encode(fingerprint, 'hex') || '|' || reason,
       extract(epoch from at)::bigint, 'evidence reading ' || reading_no
  from evidence_reading;
