select act_no, kind, county, text, extract(epoch from at)::bigint, digest from act order by act_no;
