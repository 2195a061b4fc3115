-- What auditors ask by: an act by what it tells of, an entry by its cause. Without these a payment's evidence is looked
-- for through the whole log.
create index act_by_words on act (kind, text text_pattern_ops);
create index entry_by_kind on entry (kind, county, value_day);

-- Finds what was booked because of one batch, return file, document or payment: the second word of a cause names it.
create index entry_by_cause on entry (county, split_part(cause, ' ', 2));
-- Where the money of a programme and month stands, by funds.
create index entry_by_period on entry (county, period);
