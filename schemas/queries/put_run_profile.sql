insert into run_profile (run_no, bank, profile, transit_account)
values (:run_no::int, :bank::smallint, decode(:profile, 'hex'), :transit_account);
