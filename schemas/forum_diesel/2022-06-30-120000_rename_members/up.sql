-- Members were called users; the sequence keeps its old name.
ALTER TABLE users RENAME TO members;
ALTER TABLE members RENAME COLUMN nick TO handle;
ALTER TABLE members ADD COLUMN email TEXT;
UPDATE members SET email = handle || '@forum.invalid' WHERE email IS NULL;
ALTER TABLE members ALTER COLUMN email SET NOT NULL;
ALTER TABLE members ADD CONSTRAINT members_email_once UNIQUE (email);
ALTER TYPE member_rank RENAME VALUE 'guest' TO 'newcomer';
ALTER TABLE members ALTER COLUMN joined TYPE TIMESTAMPTZ USING joined AT TIME ZONE 'UTC';
ALTER TABLE posts RENAME CONSTRAINT posts_author_fkey TO posts_author;
