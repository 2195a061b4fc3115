-- Accounts of a county about which some bank was asked already, and what it said: 0 while it has not, else reason + 1.
select l.payee_kind, l.payee, l.account_import,
       coalesce((array_agg(v.reason order by l.check_no desc))[1] + 1, 0)
  from name_check_line l
  left join name_verdict v using (check_no, line)
 where l.county = :county::int
 group by l.payee_kind, l.payee, l.account_import
 order by l.payee_kind, l.payee, l.account_import;
