select part from part order by part;
