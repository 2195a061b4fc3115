-- 1 for the first unit; the next one, where the last regular one was cancelled; 0 where it was not.
select coalesce(
    (select case when u.kind <> 1 or f.fate = 'cancelled' then u.generation + 1 else 0 end
       from unit u
       left join unit_fate f using (county, period, kind, generation)
      where u.county = :county::int and u.period = :period::int and u.kind = :kind::smallint
      order by u.generation desc
      limit 1),
    1);
