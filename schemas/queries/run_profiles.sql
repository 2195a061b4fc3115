select r.bank, p.name, p.text, r.transit_account
from run_profile r join bank_profile p on p.digest = r.profile
where r.run_no = :run_no::int
order by r.bank;
