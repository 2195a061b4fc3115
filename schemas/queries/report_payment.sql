-- One payment: what is owed to whom, by which run, facts and policy, and the batch of its first attempt.
select p.county::text as county, u.period::text as period, p.serial::text as serial, p.part::text as part,
       p.programme::text as programme, p.component::text as component, p.benefit_month::text as benefit_month,
       p.beneficiary::text as beneficiary, p.payee_kind::text as payee_kind, p.payee::text as payee,
       p.amount::text as amount,
       u.run_no::text as run, u.generation::text as generation, run.import_no::text as import,
       encode(run.policy_digest, 'hex') as policy, run.made_by,
       to_char(run.made_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as made_at,
       to_char(r.computed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as computed_at,
       encode(r.digest, 'hex') as unit_digest,
       b.batch_no::text as batch, b.bank::text as bank, bank.name as bank_name, b.file_id,
       encode(b.file_digest, 'hex') as file_digest,
       coalesce(f.fate, '') as fate
  from unit u
  join unit_result r using (run_no, county)
  join run using (run_no)
  join lateral payment_in(u.part, u.county, :serial::int) p on true
  left join unit_fate f on f.county = u.county and f.period = u.period and f.kind = u.kind
                       and f.generation = u.generation
  left join batch b on b.run_no = u.run_no and b.county = u.county
                   and p.serial between b.first_serial and b.first_serial + b.lines - 1
  left join bank on bank.bank = b.bank
 where u.county = :county::int and u.period = :period::int and u.kind <> 2
   and :serial::int between r.first_serial and r.first_serial + r.payments - 1;
