ALTER TABLE statement ADD number SERIAL NOT NULL;
ALTER TABLE statement ADD CONSTRAINT uq_statement_number UNIQUE (number);
INSERT INTO legacy_import VALUES (1, 'V10 comes after V2.0.1; nothing else would do');
