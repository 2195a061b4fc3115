-- The lines of a statement that neither fit nor broke, with what is known of the payment or the batch that each names.
-- Each is looked up by its keys: "offset 0" keeps the planner from reading whole tables for it.
with lines as materialized (
    select l.*, s.bank, r.is_final
      from statement_line l
      join statement s using (statement_no)
      join statement_result r using (statement_no)
     where l.statement_no = :statement_no and l.line > :after
       and not exists (select from statement_fit f where f.statement_no = l.statement_no and f.line = l.line)
       and not exists (select from break k where k.statement_no = l.statement_no and k.line = l.line)
     order by l.line
     limit :most
)
select l.line, l.is_credit, l.amount, l.is_interest, told.before, l.names,
       coalesce(l.period, 0), coalesce(l.serial, 0), coalesce(l.attempt, 0::smallint),
       coalesce(p.part, 0), p.part is not null, coalesce(o.amount, 0::bigint), coalesce(o.standing, 0),
       l.names = 1 and (exists (select
                                  from statement_fit f
                                 where f.county = :county and f.serial = l.serial and f.attempt = l.attempt
                                   and f.part = p.part and f.fit = 1)
                        or exists (select from statement_answer a where a.return_no = o.paid_by and a.fit = 4)
                        or whole.sum),
       l.names = 1 and (exists (select
                                  from statement_fit f
                                 where f.county = :county and f.serial = l.serial and f.attempt = l.attempt
                                   and f.part = p.part and f.fit = 2)
                        or exists (select from statement_answer a where a.return_no = o.failed_by and a.fit = 5)
                        or coalesce(o.by_hand, false)),
       whole.sum, coalesce(b.period, 0), coalesce(b.batch_no, 0), b.batch_no is not null, coalesce(b.total, 0::bigint),
       coalesce(b.in_transit, 0::bigint), coalesce(b.paid_by, '{}'::bigint[]), coalesce(b.paid, '{}'::bigint[]),
       coalesce(b.failed_by, '{}'::bigint[]), coalesce(b.failed, '{}'::bigint[]),
       coalesce(b.in_pieces, false), coalesce(b.funded, false)
  from lines l
  left join lateral (select b.part, b.period, b.batch_no
                       from batch b
                       join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                                      and d.round = 1
                      where l.names = 1 and l.attempt = 1 and b.county = :county and b.period = l.period
                        and b.bank = l.bank
                        and l.serial between b.first_serial and b.first_serial + b.lines - 1
                     union all
                     select r.part, r.period, r.batch_no
                       from reissue r
                       join batch b on b.county = r.county and b.period = r.period and b.batch_no = r.batch_no
                      where l.names = 1 and r.county = :county and r.serial = l.serial and r.attempt = l.attempt
                        and r.part / 1000 + 190000 = l.period and b.bank = l.bank
                      limit 1) p on true
  left join lateral (select o.amount, case when o.kind = 1 then o.return_no end as paid_by,
                            case when o.kind = 2 then o.return_no end as failed_by,
                            (case when f.fate = 'paid' then 1 else coalesce(v.kind, o.kind) end)::int as standing,
                            -- People found the line that brought it back.
                            v.proposal_no is not null as by_hand
                       from outcome o
                       left join reversal v using (county, serial, attempt, part)
                       left join failure_fate f using (county, serial, attempt, part)
                      where o.county = :county and o.serial = l.serial and o.attempt = l.attempt and o.part = p.part
                     offset 0) o on true
  left join lateral (select b.period, b.batch_no, b.total,
                            b.total - (select coalesce(sum(r.paid_total + r.failed_total), 0)::bigint
                                         from return_result r
                                        where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
                                          and r.accepted) as in_transit,
                            open.paid_by, open.paid, open.failed_by, open.failed,
                            exists (select
                                      from statement_fit f
                                     where f.county = b.county and f.period = b.period and f.batch_no = b.batch_no
                                       and f.fit = 4)
                            or cardinality(alone.debited) > 0 as in_pieces,
                            exists (select
                                      from statement_fit f
                                     where f.county = b.county and f.period = b.period and f.batch_no = b.batch_no
                                       and f.fit = 6) as funded
                       from batch b
                       join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
                                      and d.round = 1
                      -- Return files of which single payments were taken alone: no sum takes them again.
                      cross join lateral (
                          select coalesce(array_agg(distinct o.return_no) filter (where f.fit = 1), '{}') as debited,
                                 coalesce(array_agg(distinct o.return_no) filter (where f.fit = 2 and o.kind = 2), '{}') as credited
                            from statement_fit f
                            join outcome o on o.county = f.county and o.serial = f.serial and o.attempt = f.attempt
                                          and o.part = f.part
                           where f.county = b.county and f.fit in (1, 2)
                             and (f.attempt = 1 and f.part = b.part
                                  and f.serial between b.first_serial and b.first_serial + b.lines - 1
                                  or exists (select
                                               from reissue n
                                              where n.county = f.county and n.serial = f.serial and n.attempt = f.attempt
                                                and n.part = f.part and n.period = b.period and n.batch_no = b.batch_no))
                      ) alone
                      cross join lateral (
                          select array_agg(r.return_no order by r.return_no) filter (where r.owes_debit) as paid_by,
                                 array_agg(r.paid_total order by r.return_no) filter (where r.owes_debit) as paid,
                                 array_agg(r.return_no order by r.return_no) filter (where r.owes_credit) as failed_by,
                                 array_agg(r.failed_total order by r.return_no) filter (where r.owes_credit) as failed
                            from (select r.return_no, r.paid_total, r.failed_total,
                                         r.paid_total > 0 and a4.fit is null and r.return_no <> all (alone.debited) as owes_debit,
                                         r.failed_total > 0 and a5.fit is null and r.return_no <> all (alone.credited) as owes_credit
                                    from return_result r
                                    left join statement_answer a4 on a4.return_no = r.return_no and a4.fit = 4
                                    left join statement_answer a5 on a5.return_no = r.return_no and a5.fit = 5
                                   where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
                                     and r.accepted) r
                      ) open
                      where l.names = 2 and b.county = :county and b.file_id = l.file_id and b.bank = l.bank
                     offset 0) b on true
 cross join lateral (select exists (select
                                      from statement_fit f
                                     where f.county = :county and f.period = coalesce(p.period, b.period)
                                       and f.batch_no = coalesce(p.batch_no, b.batch_no) and f.fit = 3) as sum) whole
 cross join lateral (select l.bank_reference <> ''
                            and exists (select
                                          from statement_line e
                                          join statement s using (statement_no)
                                          join statement_result r using (statement_no)
                                         where e.bank_reference = l.bank_reference and e.is_credit = l.is_credit
                                           and e.amount = l.amount and s.bank = l.bank and s.county = :county
                                           and r.is_final <> l.is_final
                                           and (exists (select
                                                          from statement_fit f
                                                         where f.statement_no = e.statement_no and f.line = e.line)
                                                or exists (select
                                                             from break k
                                                            where k.statement_no = e.statement_no and k.line = e.line)))
                            as before) told
 order by l.line;
