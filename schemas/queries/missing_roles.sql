-- Statements that make the roles which a cluster lacks before records can be brought back into it.
select format('create role %I login', wanted.role) as statement
  from unnest(array['onecard_service', 'onecard_auditor']) as wanted (role)
 where not exists (select from pg_roles r where r.rolname = wanted.role);
