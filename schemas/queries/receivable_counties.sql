select distinct county from receivable where county between :low::int and :high::int order by county;
