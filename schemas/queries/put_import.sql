insert into import (import_no, made_by, made_at, files, rows)
values (:import_no, :made_by, to_timestamp(:made_at), :files, :rows);
