-- Nobody is answered twice: the outcomes of a part are keyed, or they come once each until they are.
select 'part ' || part as place, 'its outcomes are said to be keyed, but have no key' as what
  from outcome_keyed
 where to_regclass(format('public.outcome_%s_key', part)) is null
union all
select 'payment ' || lpad(o.county::text, 6, '0') || '/' || o.part / 1000 + 190000 || '/' || o.serial || ' attempt '
       || o.attempt, 'it was answered ' || count(*) || ' times'
  from outcome o
  join (select part from part left join outcome_keyed k using (part) where k.part is null) unkeyed using (part)
 group by o.part, o.county, o.serial, o.attempt
having count(*) > 1
 order by 1;
