-- Obligations with arrears that have not arrived.
select distinct c.programme, c.component, c.benefit_month, c.beneficiary
  from correction c
  join correction_line l on l.run_no = c.run_no and l.county = c.county and l.line_no = c.line_no
  join unit u on u.run_no = c.run_no and u.county = c.county
 where c.county = :county::int and c.benefit_month >= :from::int and c.benefit_month < :before::int
   and l.serial is not null
   and not exists (select from outcome o
                    where o.county = c.county and o.part = u.part and o.serial = l.serial
                      and (o.kind = 1 and not exists (select from reversal v
                                                       where v.county = o.county and v.serial = o.serial
                                                         and v.attempt = o.attempt and v.part = o.part)
                           or exists (select from failure_fate f
                                       where f.county = o.county and f.serial = o.serial and f.attempt = o.attempt
                                         and f.part = o.part and f.fate = 'paid')));
