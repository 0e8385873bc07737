CREATE TABLE boards (slug TEXT PRIMARY KEY, title TEXT NOT NULL, position SMALLINT NOT NULL DEFAULT 0);
CREATE TABLE threads (
    id BIGSERIAL PRIMARY KEY,
    board TEXT NOT NULL REFERENCES boards ON UPDATE CASCADE,
    opener INTEGER REFERENCES users ON DELETE SET NULL,
    subject VARCHAR(200) NOT NULL,
    pinned BOOL NOT NULL DEFAULT 'f',
    UNIQUE (board, subject)
);
INSERT INTO boards VALUES ('help', 'Ask; anything', 1), ('news', 'What''s new', 0);
