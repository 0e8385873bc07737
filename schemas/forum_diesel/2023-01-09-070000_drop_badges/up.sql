DROP TABLE badges CASCADE;
ALTER TABLE members DROP CONSTRAINT users_nick_key;
CREATE UNIQUE INDEX members_handle_folded ON members (lower(handle));
COMMENT ON TABLE members IS 'Who may write here';
