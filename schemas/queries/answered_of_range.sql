-- Sent with the name of the part's own table in place of outcome.
select serial, attempt
  from outcome
 where county = :county::int and serial between :first::int and :last::int and attempt = 1
 order by serial;
