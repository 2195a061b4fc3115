insert into carried_item (proposal_no, item, amount)
select :proposal_no::bigint, item, amount
  from unnest(:items::text[], :amounts::bigint[]) as items (item, amount);
