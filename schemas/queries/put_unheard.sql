insert into unheard (bank, seq, step, due_at, raised_at)
values (:bank::smallint, :seq::int, :step, to_timestamp(:due_at::bigint), to_timestamp(:raised_at::bigint))
on conflict do nothing;
