CREATE TABLE account (
    account_no  BIGINT        NOT NULL,
    owner       VARCHAR(120)  NOT NULL,
    currency    CHAR(3)       DEFAULT 'EUR' NOT NULL,
    opened_on   DATE          DEFAULT CURRENT_DATE,
    CONSTRAINT pk_account PRIMARY KEY (account_no)
);
CREATE SEQUENCE account_no_seq INCREMENT 50;
