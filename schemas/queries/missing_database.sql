-- The statement that makes a database, when it is not there: a database's name cannot be a parameter.
select format('create database %I', :name::text) where not exists (select from pg_database where datname = :name);
