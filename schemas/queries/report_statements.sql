-- The statements of the transit accounts, and what their lines came to.
select s.county::text as county, s.bank::text as bank, bank.name as bank_name, s.statement_no::text as statement, s.name,
       encode(s.digest, 'hex') as sha256, s.brought_by,
       case when r.accepted is null then 'waiting' when r.accepted then 'matched' else 'refused' end as state,
       coalesce(r.reason, '') as reason, coalesce(r.statement_id, '') as statement_id,
       case when r.accepted then '…' || r.account_tail else '' end as account,
       case when r.accepted then (date '1970-01-01' + r.first_day)::text else '' end as first_day,
       case when r.accepted then (date '1970-01-01' + r.last_day)::text else '' end as last_day,
       coalesce(r.opening::text, '') as opening_total, coalesce(r.closing::text, '') as closing_total,
       coalesce(r.lines, 0)::text as lines, coalesce(r.credits, 0)::text as credits_total,
       coalesce(r.debits, 0)::text as debits_total, coalesce(n.fitting, 0)::text as fitting,
       coalesce(n.breaks, 0)::text as breaks, (coalesce(r.lines, 0) - coalesce(n.fitting, 0) - coalesce(n.breaks, 0))::text as waiting
  from statement s
  join bank using (bank)
  left join statement_result r using (statement_no)
 cross join lateral (select (select count(*) from statement_fit f where f.statement_no = s.statement_no) as fitting,
                            (select count(*) from break k where k.statement_no = s.statement_no and k.line > 0) as breaks) n
 where s.county between :region_low::int and :region_high::int
   and (s.county, s.bank, s.statement_no) > (:after_county::bigint, :after_bank::bigint, :after_statement::bigint)
 order by s.county, s.bank, s.statement_no
 limit :most::bigint;
