ALTER TABLE posts RENAME CONSTRAINT posts_author TO posts_author_fkey;
ALTER TABLE members DROP COLUMN email;
ALTER TABLE members RENAME COLUMN handle TO nick;
ALTER TABLE members RENAME TO users;
