-- Return files that are not posted, and parts whose outcomes have no key yet.
select (select count(*) from return_file f left join return_result r using (return_no) where r.return_no is null)
       + (select count(*)
            from part_keyed
            left join outcome_keyed o using (part)
           where o.part is null);
