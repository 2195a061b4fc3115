select (select count(*) from payment), (select count(*) from outcome), (select count(*) from entry);
