-- Files that were released to banks, and each step that was heard of: when, by which certificate, and over which signature
-- (its SHA-256). A page of them is found first, and then each step by its file's key.
with page as materialized (
    select d.bank, d.seq, d.at, d.round, b.county, b.period, b.batch_no, b.run_no, b.file_id, b.lines, b.total, b.signature
      from dispatch d
      join batch b using (county, period, batch_no)
     where b.county between :region_low::int and :region_high::int
       and (d.bank, d.seq) > (:after_bank::bigint, :after_seq::bigint)
     order by d.bank, d.seq
     limit :most::bigint
)
select d.bank::text as bank, d.seq::text as seq, d.file_id as file, d.county::text as county,
       d.lines::text as lines, d.total::text as total,
       case when r.accepted = false then 'refused'
            when a.paid + a.failed >= d.lines then 'final'
            when a.at is not null then 'partial'
            when r.accepted then 'accepted'
            when p.at is not null then 'pushed'
            when f.at is not null then 'fetched'
            else 'released' end as state,
       to_char(u.computed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as sealed_at,
       encode(sha256(d.signature), 'hex') as sealed_sha256,
       to_char(d.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as released_at,
       coalesce(to_char(f.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as fetched_at,
       coalesce(encode(f.fingerprint, 'hex'), '') as fetched_by,
       coalesce(to_char(p.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as pushed_at,
       coalesce(to_char(r.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as receipt_at,
       coalesce(encode(n.fingerprint, 'hex'), '') as receipt_by,
       coalesce(encode(r.note, 'hex'), '') as receipt_sha256, coalesce(r.reason, '') as receipt_reason,
       coalesce(a.paid, 0)::text as paid, coalesce(a.failed, 0)::text as failed,
       coalesce(to_char(a.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as answered_at,
       coalesce(encode(last.fingerprint, 'hex'), '') as answered_by,
       coalesce(encode(sha256(last.signature), 'hex'), '') as answered_sha256,
       (select coalesce(string_agg(x.step || ' ' || to_char(x.due_at at time zone 'Asia/Shanghai',
                                   'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), ', ' order by x.due_at), '')
          from unheard x where x.bank = d.bank and x.seq = d.seq) as never_heard_back
  from page d
  join unit_result u on u.run_no = d.run_no and u.county = d.county
  left join lateral (select f.at, f.fingerprint
                       from download f
                      where f.county = d.county and f.period = d.period and f.batch_no = d.batch_no
                      order by f.fetch_no
                      limit 1) f on true
  left join lateral (select p.at
                       from push_attempt p
                      where p.bank = d.bank and p.seq = d.seq and p.delivered
                      limit 1) p on true
  left join receipt r on r.county = d.county and r.period = d.period and r.batch_no = d.batch_no and r.round = d.round
  left join receipt_note n on n.digest = r.note
  left join lateral (select sum(x.paid) as paid, sum(x.failed) as failed, max(x.at) as at, max(x.return_no) as last_no
                       from return_result x
                      where x.county = d.county and x.period = d.period and x.batch_no = d.batch_no and x.accepted) a on true
  left join return_file last on last.return_no = a.last_no
 order by d.bank, d.seq;
