select act_no, kind, county, text, digest from act order by act_no;
