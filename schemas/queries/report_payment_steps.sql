-- Who proposed, checked and released the unit of one payment.
select s.run_no::text as run, s.step::text as step, s.officer, encode(s.fingerprint, 'hex') as fingerprint,
       encode(s.digest, 'hex') as digest, to_char(s.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as at
  from unit u
  join unit_result r using (run_no, county)
  join unit_step s using (run_no, county)
 where u.county = :county::int and u.period = :period::int and u.kind <> 2
   and :serial::int between r.first_serial and r.first_serial + r.payments - 1
 order by s.step;
