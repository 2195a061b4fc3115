insert into unit_fate (county, period, kind, generation, fate, at)
values (:county, :period, :kind, :generation, :fate, to_timestamp(:at));
