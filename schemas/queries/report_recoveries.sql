-- What became of one receivable.
select c.step::text as step, c.kind::text as kind, c.amount::text as amount, c.owed_after::text as owed_after,
       (date '1970-01-01' + c.value_day)::text as value_day, c.document, c.officer,
       coalesce(c.proposed_by, '') as proposed_by, coalesce(p.reason, '') as reason,
       coalesce(p.to_county::text, '') as to_county
  from recovery c
  left join recovery_proposal p on p.county = c.county and p.proposal_no = c.proposal_no
 where c.county = :county::int and c.receivable_no = :receivable::bigint
 order by c.step;
