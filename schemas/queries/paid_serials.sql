-- Sent with the name of the part's own table in place of outcome.
select distinct serial
  from outcome
 where county = :county::int and serial = any (:serials::int[]) and kind = 1;
