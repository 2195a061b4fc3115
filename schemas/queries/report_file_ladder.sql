-- Every file that was released to a bank, and each step that was heard of: when, by which certificate, and over which
-- signature (its SHA-256).
with answered as (
    select r.county, r.period, r.batch_no, sum(r.paid) as paid, sum(r.failed) as failed, max(r.at) as at,
           max(r.return_no) as last_no
      from return_result r where r.accepted group by r.county, r.period, r.batch_no),
fetched as (
    select distinct on (county, period, batch_no) county, period, batch_no, at, fingerprint
      from download order by county, period, batch_no, at)
select d.bank::text as bank, d.seq::text as seq, b.file_id as file, b.county::text as county,
       b.lines::text as lines, b.total::text as total,
       case when r.accepted = false then 'refused'
            when a.paid + a.failed >= b.lines then 'final'
            when a.at is not null then 'partial'
            when r.accepted then 'accepted'
            when p.at is not null then 'pushed'
            when f.at is not null then 'fetched'
            else 'released' end as state,
       to_char(u.computed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as sealed_at,
       encode(sha256(b.signature), 'hex') as sealed_sha256,
       to_char(d.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as released_at,
       coalesce(to_char(f.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as fetched_at,
       coalesce(encode(f.fingerprint, 'hex'), '') as fetched_by,
       coalesce(to_char(p.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as pushed_at,
       coalesce(to_char(r.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as receipt_at,
       coalesce(encode(r.fingerprint, 'hex'), '') as receipt_by,
       coalesce(encode(sha256(r.cms), 'hex'), '') as receipt_sha256, coalesce(r.reason, '') as receipt_reason,
       coalesce(a.paid, 0)::text as paid, coalesce(a.failed, 0)::text as failed,
       coalesce(to_char(a.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), '') as answered_at,
       coalesce(encode(last.fingerprint, 'hex'), '') as answered_by,
       coalesce(encode(sha256(last.signature), 'hex'), '') as answered_sha256,
       (select coalesce(string_agg(x.step || ' ' || to_char(x.due_at at time zone 'Asia/Shanghai',
                                   'YYYY-MM-DD"T"HH24:MI:SS"+08:00"'), ', ' order by x.due_at), '')
          from unheard x where x.bank = d.bank and x.seq = d.seq) as never_heard_back
  from dispatch d
  join batch b using (county, period, batch_no)
  left join fetched f using (county, period, batch_no)
  left join (select bank, seq, at from push_attempt where delivered) p on p.bank = d.bank and p.seq = d.seq
  left join receipt r using (county, period, batch_no, round)
  left join answered a using (county, period, batch_no)
  left join return_file last on last.return_no = a.last_no
  join unit_result u on u.run_no = b.run_no and u.county = b.county
 where b.county between :region_low::int and :region_high::int
 order by d.bank, d.seq;
