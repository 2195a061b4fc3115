insert into policy_text (digest, text) values (decode(:digest, 'hex'), :text) on conflict do nothing;
