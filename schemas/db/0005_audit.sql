-- What auditors ask by: an act by what it tells of, an entry by its cause. Without these a payment's evidence is looked
-- for through the whole log.
create index act_by_words on act (kind, text text_pattern_ops);
create index entry_by_kind on entry (kind, county, value_day);
