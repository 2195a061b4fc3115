-- Bank profiles are what their digests say; banks' numbers have no gaps; what was delivered was delivered once.
select 'bank profile ' || encode(digest, 'hex') as place, 'its text is not what its digest says' as what
  from bank_profile
 where digest <> sha256(convert_to(text, 'UTF8'))
union all
select 'sequence ' || bank || '/' || seq, 'the numbers before it have a gap'
  from (select bank, seq, row_number() over (partition by bank order by seq) as expected from bank_sequence) numbered
 where seq <> expected
union all
select 'push ' || bank || '/' || seq, 'its attempts have a gap, or went on after it was delivered'
  from push_attempt
 group by bank, seq
having count(*) <> max(attempt) or count(*) filter (where delivered) > 1
    or min(attempt) filter (where delivered) < max(attempt)
union all
select 'push ' || bank || '/' || seq || '/' || attempt, 'the bank''s answer and what was made of it differ'
  from push_attempt
 where delivered <> (status between 200 and 299)
union all
select 'unheard ' || bank || '/' || seq || ' ' || step, 'it was raised before it was due'
  from unheard
 where raised_at < due_at
 order by 1;
