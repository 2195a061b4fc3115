insert into bank_profile (digest, name, text) values (decode(:digest, 'hex'), :name, :text) on conflict do nothing;
