select size, encode(root, 'hex'), note from checkpoint order by size;
