select number, name, encode(digest, 'hex') from migration order by number;
