insert into migration (number, name, digest, applied_at)
values (:number, :name, sha256(convert_to(:text, 'UTF8')), now());
