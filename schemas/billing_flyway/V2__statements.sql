CREATE TABLE statement (
    account_no BIGINT NOT NULL REFERENCES account ON DELETE CASCADE,
    month      DATE NOT NULL,
    pdf        BYTEA,
    PRIMARY KEY (month, account_no)
);
CREATE TABLE legacy_import (line INTEGER PRIMARY KEY, raw TEXT);
