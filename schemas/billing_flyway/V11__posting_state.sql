CREATE TYPE posting_state AS ENUM ('OPEN', 'CLEARED');
ALTER TABLE posting ADD COLUMN state posting_state DEFAULT 'OPEN' NOT NULL;
ALTER TABLE posting ADD COLUMN cleared_by BIGINT REFERENCES posting ON DELETE SET NULL;
ALTER TABLE account ALTER COLUMN currency DROP DEFAULT;
COMMENT ON COLUMN posting.cents IS 'Signed; minor units of the debit account''s currency';
