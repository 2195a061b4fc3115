-- What was decided was done, once, and nothing of its kind without a decision.
with effects as (
    select proposal_no, 'resolve-break' as kind, lpad(county::text, 6, '0') || '/' || break_no as subject from break_resolution
    union all
    select proposal_no, 'cancel-failure', 'payment ' || county || '/' || part || '/' || serial || '/' || attempt
      from failure_fate
     where fate = 'cancelled'
    union all
    select proposal_no, case when period < 10000 then 'close-year' else 'close-month' end,
           'close of ' || lpad(county::text, 6, '0') || '/' || period
      from closed_period
), decided as (
    select p.proposal_no, p.kind,
           (select count(*) from effects e where e.proposal_no = p.proposal_no and e.kind = p.kind) as effects
      from proposal p
      join proposal_done d using (proposal_no)
)
select 'proposal ' || proposal_no as place,
       case effects when 0 then 'it counts as done, but nothing was' else 'it was done ' || effects || ' times' end as what
  from decided
 where kind <> 'send-again' and effects <> 1
union all
select 'proposal ' || p.proposal_no,
       case when d.proposal_no is null then 'it was agreed to and not done' else 'it was done though the answer was no' end
  from proposal p
  join consent c using (proposal_no)
  left join proposal_done d using (proposal_no)
 where c.agreed <> (d.proposal_no is not null)
union all
select e.subject, 'a decision of another kind brought it about'
  from effects e
  join proposal p using (proposal_no)
 where p.kind <> e.kind
union all
-- A break that was resolved as paid ends its failure by the same proposal.
select 'break ' || lpad(r.county::text, 6, '0') || '/' || r.break_no, 'it ended as paid, but no failure did'
  from break_resolution r
 where r.resolution = 'accept-paid'
   and not exists (select from failure_fate f where f.proposal_no = r.proposal_no and f.fate = 'paid')
union all
select 'payment ' || lpad(f.county::text, 6, '0') || '/' || f.part / 1000 + 190000 || '/' || f.serial,
       'it counts as paid after all, but no break ended so'
  from failure_fate f
  left join break_resolution r on r.proposal_no = f.proposal_no and r.resolution = 'accept-paid'
 where f.fate = 'paid' and r.proposal_no is null
union all
select coalesce(r.place, e.cause),
       case when e.cause is null then 'it was claimed from the bank, but is not on the books'
            when r.place is null then 'the books claim from a bank what nobody decided'
            else 'the claim on the books is over another amount' end
  from (select 'break ' || lpad(r.county::text, 6, '0') || '/' || r.break_no as place, b.amount
          from break_resolution r
          join break b using (county, break_no)
         where r.resolution = 'claim-from-bank') r
  full join (select cause, (select sum(a) from unnest(amount) a where a > 0) as amount from entry where kind = 28) e
    on e.cause = r.place
 where r.place is null or e.cause is null or r.amount <> e.amount
union all
select 'close of ' || lpad(c.county::text, 6, '0') || '/' || c.period, 'what went over is not what was agreed to'
  from closed_period c
  join proposal p using (proposal_no)
  left join (select proposal_no, string_agg(item || '|' || amount || e'\n', '' order by item collate "C") as texts
               from carried_item
              group by proposal_no) i using (proposal_no)
 where c.carried <> sha256(convert_to(coalesce(i.texts, ''), 'UTF8')) or encode(c.carried, 'hex') <> p.detail
union all
select 'close of ' || lpad(coalesce(c.county, e.county)::text, 6, '0') || '/' || coalesce(c.period::text, substr(e.cause, 6)),
       'the year is closed on the books without a decision'
  from (select county, cause from entry where kind = 30) e
  left join closed_period c on c.county = e.county and 'year ' || c.period = e.cause
 where c.county is null
union all
select 'file ' || coalesce(d.file_id, p.subject),
       'it was handed over again ' || coalesce(d.rounds, 0) || ' times, and that was decided '
       || coalesce(p.decisions, 0) || ' times'
  from (select b.file_id, count(*) as rounds
          from dispatch d
          join batch b using (county, period, batch_no)
         where d.round > 1
         group by b.file_id) d
  full join (select p.subject, count(*) as decisions
               from proposal p
               join proposal_done using (proposal_no)
              where p.kind = 'send-again'
              group by p.subject) p on p.subject = d.file_id
 where coalesce(d.rounds, 0) <> coalesce(p.decisions, 0)
 order by 1;
