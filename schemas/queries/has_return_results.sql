select return_no from return_result where return_no = any (:numbers::bigint[]);
