-- What a line fits is over its own money, what it names and a return file had spoken of by then fits or broke, and every line
-- of an account that broke with money in it is on the books.
select 'statement ' || f.statement_no || ' line ' || f.line as place,
       'it fits payment ' || f.serial || ' over another amount or the other way' as what
  from statement_fit f
  join statement_line l using (statement_no, line)
  join outcome o on o.county = f.county and o.serial = f.serial and o.attempt = f.attempt and o.part = f.part
 where f.fit in (1, 2) and (o.amount <> l.amount or l.is_credit <> (f.fit = 2))
union all
select 'statement ' || f.statement_no || ' line ' || f.line, 'it fits a batch over another amount or the other way'
  from statement_fit f
  join statement_line l using (statement_no, line)
  join batch b on b.county = f.county and b.period = f.period and b.batch_no = f.batch_no
 where f.fit in (3, 6) and (b.total <> l.amount or l.is_credit <> (f.fit = 6))
union all
select 'statement ' || l.statement_no || ' line ' || l.line, 'it fits answers over another amount'
  from statement_fit f
  join statement_line l using (statement_no, line)
  left join statement_answer a using (statement_no, line)
  left join return_result r on r.return_no = a.return_no
 where f.fit in (4, 5)
 group by l.statement_no, l.line, l.amount, l.is_credit, f.fit
having coalesce(sum(case f.fit when 4 then r.paid_total else r.failed_total end), 0) <> l.amount
    or l.is_credit <> (f.fit = 5)
union all
select 'statement ' || statement_no || ' line ' || line, 'it fits something and is a break'
  from statement_fit
  join break using (statement_no, line)
union all
select 'statement ' || r.statement_no, 'its lines are not those of its result'
  from statement_result r
  left join (select statement_no, count(*) as lines, coalesce(sum(amount) filter (where is_credit), 0) as credits,
                    coalesce(sum(amount) filter (where not is_credit), 0) as debits
               from statement_line
              group by statement_no) l using (statement_no)
 where r.accepted
   and (r.lines, r.credits, r.debits) is distinct from (coalesce(l.lines, 0)::int, coalesce(l.credits, 0)::bigint,
                                                        coalesce(l.debits, 0)::bigint)
union all
select 'statement ' || l.statement_no || ' line ' || l.line,
       'a return file had spoken of what it names, and it neither fits nor broke'
  from statement_line l
  join statement s using (statement_no)
  join statement_result r using (statement_no)
  join outcome o on o.county = s.county and o.serial = l.serial and o.attempt = l.attempt
                and o.part / 1000 + 190000 = l.period
  join return_result t on t.return_no = o.return_no
 where r.accepted and l.names = 1 and t.at <= r.at
   and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
   and not exists (select from break k where k.statement_no = l.statement_no and k.line = l.line)
union all
select coalesce(k.place, e.cause),
       case when e.cause is null then 'its money is not on the books as unidentified'
            when k.place is null then 'money on the books that no statement has'
            else 'the books have another amount' end
  from (select 'statement ' || statement_no || ' line ' || line as place, amount
          from break
         where kind = 'unidentified-credit' and statement_no is not null) k
  full join (select cause, (select sum(a) from unnest(amount) a where a > 0) as amount from entry where kind = 22) e
    on e.cause = k.place
 where k.place is null or e.cause is null or k.amount <> e.amount
union all
select coalesce(r.place, e.cause), 'its end on the books is not what was decided'
  from (select 'break ' || lpad(r.county::text, 6, '0') || '/' || r.break_no as place,
               case r.resolution when 'remit' then 24 when 'book-interest' then 25 when 'repays-claim' then 29 end as kind, b.amount
          from break_resolution r
          join break b using (county, break_no)
         where r.resolution in ('remit', 'book-interest', 'repays-claim')) r
  full join (select cause, kind, (select sum(a) from unnest(amount) a where a > 0) as amount
               from entry
              where kind in (24, 25, 29)) e
    on e.cause = r.place and e.kind = r.kind
 where r.place is null or e.cause is null or r.amount <> e.amount
 order by 1;
