select i.version::text as version, i.monthly::text as monthly, i.from_month::text as from_month, i.document, i.officer
  from instalment i
 where i.county = :county::int and i.receivable_no = :receivable::bigint
 order by i.version;
