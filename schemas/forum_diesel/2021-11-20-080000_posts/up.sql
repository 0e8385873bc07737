CREATE TABLE posts (
    thread_id BIGINT NOT NULL REFERENCES threads ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    author INTEGER REFERENCES users,
    body TEXT NOT NULL,
    posted TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (thread_id, number)
);
ALTER TYPE member_rank ADD VALUE 'veteran' BEFORE 'moderator';
ALTER TABLE threads ADD COLUMN last_post INTEGER,
    ADD CONSTRAINT threads_last_post FOREIGN KEY (id, last_post) REFERENCES posts (thread_id, number) DEFERRABLE INITIALLY DEFERRED;
