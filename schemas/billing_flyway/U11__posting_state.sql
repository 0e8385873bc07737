ALTER TABLE posting DROP COLUMN cleared_by;
ALTER TABLE posting DROP COLUMN state;
DROP TYPE posting_state;
