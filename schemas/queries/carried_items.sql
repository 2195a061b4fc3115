select item, amount from carried_item where proposal_no = :proposal_no::bigint order by item collate "C";
