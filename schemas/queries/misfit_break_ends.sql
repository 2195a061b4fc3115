-- Breaks about money on a transit account end on the books as was decided.
select coalesce('break ' || lpad(r.county::text, 6, '0') || '/' || r.break_no,
                'payment ' || lpad(v.county::text, 6, '0') || '/' || v.part / 1000 + 190000 || '/' || v.serial) as place,
       case when v.part is null then 'it counts as the return of a payment, and none was taken back'
            when r.break_no is null then 'it was taken back by a credit, and no break ended so'
            else 'the payment that came back is over another amount' end as what
  from (select e.county, e.break_no, e.proposal_no, k.amount
          from break_resolution e
          join break k using (county, break_no)
         where e.resolution = 'is-return') r
  full join (select * from reversal where proposal_no is not null) v using (proposal_no)
 where v.part is null or r.break_no is null or r.amount <> v.amount
union all
select 'break ' || lpad(coalesce(r.county, c.county)::text, 6, '0') || '/' || coalesce(r.break_no, c.break_no),
       case when c.claim_no is null then 'it counts as given back by the bank, and no claim got it'
            when r.break_no is null then 'a claim got it, and no break ended so'
            else 'the claim got another amount' end
  from (select e.county, e.break_no, k.amount
          from break_resolution e
          join break k using (county, break_no)
         where e.resolution = 'repays-claim') r
  full join claim_repayment c using (county, break_no)
 where c.claim_no is null or r.break_no is null or r.amount <> c.amount
union all
select 'break ' || lpad(c.county::text, 6, '0') || '/' || c.claim_no, 'what is left of the claim is not what was given back of it'
  from (select county, claim_no, step, left_after, row_number() over steps as expected_step,
               sum(amount) over steps as repaid
          from claim_repayment
        window steps as (partition by county, claim_no order by step)) c
  left join break k on k.county = c.county and k.break_no = c.claim_no
  left join break_resolution e on e.county = c.county and e.break_no = c.claim_no
 where c.step <> c.expected_step or c.left_after is distinct from k.amount - c.repaid
    or e.resolution is distinct from 'claim-from-bank'
union all
-- A credit that was somebody's after all is no longer unidentified.
select coalesce(r.place, e.cause),
       case when e.cause is null then 'its money still stands on the books as unidentified'
            else 'an entry was reversed, and nobody decided that' end
  from (select 'statement ' || k.statement_no || ' line ' || k.line as place
          from break_resolution v
          join break k using (county, break_no)
         where v.resolution in ('reported-since', 'repays-claim')) r
  full join (select regexp_replace(cause, '^entry [0-9]+/[0-9]+ unidentified-credit ', '') as cause
               from entry
              where kind = 31) e on e.cause = r.place
 where r.place is null or e.cause is null
union all
-- What a statement says that names nothing of ours is judged at once.
select 'statement ' || l.statement_no || ' line ' || l.line, 'it names nothing of ours, and neither fits nor broke'
  from statement_line l
  join statement_result r using (statement_no)
 where r.accepted and l.names = 0
   and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
   and not exists (select from break k where k.statement_no = l.statement_no and k.line = l.line)
union all
-- Each late return that a return file tells of is a break of its own, of that line and over that money.
select coalesce('break ' || lpad(k.county::text, 6, '0') || '/' || k.break_no,
                'payment ' || lpad(v.county::text, 6, '0') || '/' || v.part / 1000 + 190000 || '/' || v.serial),
       case when v.part is null then 'it is a late return, and no payment was taken back by its line'
            when k.break_no is null then 'it was taken back by a return file, and is no break'
            else 'the payment that was taken back is over another amount' end
  from (select county, break_no, return_no, line, amount from break where kind = 'late-return') k
  full join (select * from reversal where kind = 3 and proposal_no is null) v using (county, return_no, line)
 where v.part is null or k.break_no is null or k.amount <> v.amount
 order by 1;
