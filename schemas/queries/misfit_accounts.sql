-- A second person confirms what is in the register, after it came, and is not the one who brought it.
select 'account of payee ' || c.payee_kind || '/' || c.payee || ' of import ' || c.import_no as place,
       case when c.officer = i.made_by then 'who brought it has confirmed it'
            when c.at < i.made_at then 'it was confirmed before it came'
            else 'it was confirmed, but the register does not have it' end as what
  from account_confirmation c
  join import i using (import_no)
 where c.officer = i.made_by or c.at < i.made_at
    or not exists (select from account a where a.county = c.county and a.payee_kind = c.payee_kind
                      and a.payee = c.payee and a.import_no = c.import_no)
 union all
select 'name check ' || c.file_id,
       case when l.lines <> c.lines then 'it asks about ' || c.lines || ' accounts, ' || l.lines || ' are on record'
            when not l.in_county then 'it asks about another county''s payees'
            else 'it was answered, but not every line of it' end
  from name_check c
  cross join lateral (select count(*) as lines, bool_and(x.county = c.county) as in_county
                        from name_check_line x where x.check_no = c.check_no) l
  left join name_answer a using (check_no)
 where l.lines <> c.lines or not l.in_county
    or (a.check_no is not null) and c.lines <> (select count(*) from name_verdict v where v.check_no = c.check_no)
 order by 1;
