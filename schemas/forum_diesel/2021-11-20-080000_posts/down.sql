ALTER TABLE threads DROP CONSTRAINT threads_last_post, DROP COLUMN last_post;
DROP TABLE posts;
