-- What the rules came to ask of an enrolment: the office's own grading (tier or class), why income rose (months of grace
-- by reason), the day and reason of an end (its last month is a rule), and who is paid for care. And the reason of a
-- refusal in Chinese, beside the English one.
alter table enrolment
    add column grade        smallint not null default 0,
    add column grace_reason smallint not null default 0,
    add column end_reason   smallint not null default 0,
    add column ended        int not null default 0,      -- days since 1970-01-01; 0: goes on
    add column caregiver    bigint not null default 0;
alter table refusal
    add column reason_chinese text not null default '';
