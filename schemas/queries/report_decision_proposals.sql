-- What was proposed, and whether it was agreed to and done.
select p.county::text as county, p.proposal_no::text as proposal, p.kind, p.subject, p.detail, p.evidence, p.amount::text as amount,
       p.proposed_by, to_char(p.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at,
       case when d.proposal_no is not null then 'done'
            when c.agreed is null then 'waiting'
            when c.agreed then 'agreed'
            else 'refused' end as state,
       coalesce(c.answered_by, '') as answered_by
  from proposal p
  left join consent c using (proposal_no)
  left join proposal_done d using (proposal_no)
 where p.county between :region_low::int and :region_high::int
   and (p.county, p.proposal_no) > (:after_county::bigint, :after_proposal::bigint)
 order by p.county, p.proposal_no
 limit :most::bigint;
