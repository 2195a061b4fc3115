-- Accounts of a county that are others than the payee had before, in the order of payees, with the second person's word.
-- What the first import of a payee says, dated changes too, is no change. At most so many behind one of them: kinds are in the
-- order of their words.
with told as (
    select a.payee_kind, a.payee, a.import_no, a.valid_from, a.absent, a.bank, a.account, a.holder,
           lag(a.bank) over w as bank_before,
           lag(a.account) over w as account_before, lag(a.holder) over w as holder_before,
           min(a.import_no) over (partition by a.payee_kind, a.payee) as first_import
      from account a
     where a.county = :county::int and a.import_no <= :known_at::int
       and (case a.payee_kind when 1 then 'person' else 'institution' end collate "C", a.payee)
           >= (:after_kind::text, :after_payee::bigint)
    window w as (partition by a.payee_kind, a.payee order by a.import_no, a.valid_from)
)
select t.payee_kind, t.payee, t.import_no, min(i.made_by), extract(epoch from min(i.made_at))::bigint,
       max(t.bank_before), max(t.bank), encode((array_agg(t.account order by t.valid_from desc))[1], 'hex'),
       (array_agg(t.holder order by t.valid_from desc))[1], coalesce(min(c.officer), ''),
       coalesce(extract(epoch from min(c.at))::bigint, 0)
  from told t
  join import i using (import_no)
  left join account_confirmation c
    on c.county = :county::int and c.payee_kind = t.payee_kind and c.payee = t.payee and c.import_no = t.import_no
 where t.import_no > t.first_import and not t.absent and i.made_at >= to_timestamp(:since::bigint)
   and (case t.payee_kind when 1 then 'person' else 'institution' end collate "C", t.payee, t.import_no)
       > (:after_kind::text, :after_payee::bigint, :after_import::int)
   and (t.bank, t.account, t.holder) is distinct from (t.bank_before, t.account_before, t.holder_before)
 group by t.payee_kind, t.payee, t.import_no
 order by case t.payee_kind when 1 then 'person' else 'institution' end collate "C", t.payee, t.import_no
 limit :most::bigint;
