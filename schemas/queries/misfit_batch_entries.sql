-- A batch is on the books when it is checked, and again when it is released, withdrawn or refused; and only then.
with stages as (
    select b.county, b.period, b.batch_no, b.lines, b.total,
           'batch ' || lpad(b.county::text, 6, '0') || '/' || b.period || '/' || b.batch_no as cause,
           b.first_serial is not null as is_regular,
           exists (select from unit_step s where s.run_no = b.run_no and s.county = b.county and s.step = 2) as is_checked,
           exists (select from unit_step s where s.run_no = b.run_no and s.county = b.county and s.step = 3) as is_released,
           exists (select
                     from unit u
                     join unit_fate f using (county, period, kind, generation)
                    where u.run_no = b.run_no and u.county = b.county and f.fate = 'cancelled') as is_cancelled,
           exists (select
                     from receipt r
                    where r.county = b.county and r.period = b.period and r.batch_no = b.batch_no and r.round = 1
                      and not r.accepted)
               as is_refused
      from batch b
), wanted as (
    select s.county, k.kind, s.cause, s.lines, s.total
      from stages s
     cross join lateral (values (2, is_regular and is_checked), (3, is_regular and is_released),
                                (4, is_regular and is_released), (7, is_refused), (8, not is_regular and is_released),
                                (11, is_regular and is_checked and is_cancelled))
                        as k (kind, is_due)
     where k.is_due
    union all
    select b.county, 4, s.cause || ' round ' || d.round, s.lines, s.total
      from stages s
      join batch b on s.cause = 'batch ' || lpad(b.county::text, 6, '0') || '/' || b.period || '/' || b.batch_no
      join dispatch d on d.county = b.county and d.period = b.period and d.batch_no = b.batch_no
     where d.round > 1
    union all
    select b.county, 7, s.cause || ' round ' || r.round, s.lines, s.total
      from stages s
      join batch b on s.cause = 'batch ' || lpad(b.county::text, 6, '0') || '/' || b.period || '/' || b.batch_no
      join receipt r on r.county = b.county and r.period = b.period and r.batch_no = b.batch_no
     where r.round > 1 and not r.accepted
), posted as (
    -- A re-issue's are a month each.
    select county, case kind when 12 then 11 else kind end as kind, regexp_replace(cause, ' of [0-9]{6}$', '') as cause,
           sum((select sum(a) from unnest(amount) a where a > 0)) as total
      from entry
     where kind in (2, 4, 7, 8) or (kind in (11, 12) and cause like 'batch %') or (kind = 3 and position(' from bank ' in cause) = 0)
     group by 1, 2, 3
)
select coalesce(w.cause, p.cause) as place,
       case when p.kind is null then 'an entry of kind ' || w.kind || ' is missing on the books'
            when w.kind is null then 'an entry of kind ' || p.kind || ' is on the books for nothing that happened'
            else 'its entry of kind ' || p.kind || ' is over ' || p.total || ' fen, the batch over ' || w.total end as what
  from wanted w
  full join posted p using (county, kind, cause)
 where w.kind is null or p.kind is null or w.total <> p.total
 order by 1;
