select put_failures(:parts::int[], :counties::int[], :serials::int[], :attempts::smallint[], :kinds::smallint[],
                    :reasons::smallint[], :amounts::bigint[], :banks::smallint[], :programmes::smallint[],
                    :payee_kinds::smallint[], :payees::bigint[], :return_nos::bigint[], :lines::int[],
                    :value_days::int[]);
