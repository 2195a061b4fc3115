select return_no from return_file where bank = :bank::smallint and digest = decode(:digest, 'hex');
