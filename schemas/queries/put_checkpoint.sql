insert into checkpoint (size, root, note, at) values (:size, decode(:root, 'hex'), :note, to_timestamp(:at));
