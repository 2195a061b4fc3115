select act_no, kind, county, text, extract(epoch from at)::bigint, encode(digest, 'hex') from act order by act_no limit 1;
