-- Whether a return file is not posted, or a part's outcomes have no key yet. It is asked often: of the files the last ones are
-- looked at first, for they are posted last, and the first that waits is answer enough.
select case
       when exists (select
                      from (select return_no from return_file order by return_no desc offset 0) f
                      left join lateral (select true as is_there
                                           from return_result r
                                          where r.return_no = f.return_no
                                          limit 1) posted on true
                     where posted.is_there is null) then 1
       else (select count(*)
               from part_keyed
               left join outcome_keyed o using (part)
              where o.part is null)
       end;
