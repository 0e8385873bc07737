CREATE TYPE member_rank AS ENUM ('guest', 'regular', 'moderator');
CREATE TABLE users (
    id SERIAL PRIMARY KEY,
    nick VARCHAR(40) NOT NULL UNIQUE,
    rank member_rank NOT NULL DEFAULT 'guest',
    joined TIMESTAMP NOT NULL DEFAULT NOW(),
    changed_at TIMESTAMP
);
CREATE TRIGGER users_changed BEFORE UPDATE ON users FOR EACH ROW EXECUTE PROCEDURE set_changed_at();
CREATE TABLE badges (
    id SERIAL PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    label TEXT NOT NULL
);
