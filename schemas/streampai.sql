-- The tables of a streaming app: who streams, what is on air, what viewers do.

CREATE TYPE livestream_status AS ENUM ('scheduled', 'live', 'ended');
CREATE TYPE notification_level AS ENUM ('info', 'success', 'warning', 'error');
CREATE TYPE platform AS ENUM ('twitch', 'youtube', 'kick', 'facebook');
CREATE TYPE stream_event_type AS ENUM ('follow', 'subscription', 'donation', 'raid', 'cheer');

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email varchar(255) NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_preferences (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    locale text NOT NULL DEFAULT 'en',
    dark_mode boolean NOT NULL DEFAULT false,
    email_notifications boolean NOT NULL DEFAULT true,
    min_donation numeric(10, 2),
    settings jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_preferences IS 'How the app looks and behaves for one person.';
COMMENT ON COLUMN user_preferences.min_donation IS 'Donations below this amount show no alert.';

CREATE TABLE livestreams (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title text NOT NULL,
    status livestream_status NOT NULL DEFAULT 'scheduled',
    stream_key text NOT NULL,
    viewer_peak int NOT NULL DEFAULT 0,
    tags text[] NOT NULL DEFAULT '{}',
    meta jsonb,
    started_at timestamptz,
    ended_at timestamptz,
    archived_at timestamptz
);
COMMENT ON TABLE livestreams IS 'One broadcast, from the first plan to the archive.';
COMMENT ON COLUMN livestreams.stream_key IS 'Whoever has it can broadcast; it never leaves the server.';
CREATE INDEX livestreams_user_id ON livestreams (user_id);

CREATE TABLE widget_configs (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind varchar(40) NOT NULL,
    config jsonb NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    UNIQUE (user_id, kind)
);

CREATE TABLE notifications (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    level notification_level NOT NULL DEFAULT 'info',
    body text NOT NULL,
    read_at timestamptz,
    inserted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE streaming_accounts (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    platform platform NOT NULL,
    account_name text NOT NULL,
    access_token text NOT NULL,
    refresh_token text NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (user_id, platform)
);
COMMENT ON TABLE streaming_accounts IS 'Where a person broadcasts to.';

CREATE TABLE viewers (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    platform platform NOT NULL,
    display_name text NOT NULL,
    avatar bytea,
    first_seen date NOT NULL,
    usual_hour time,
    trust real NOT NULL DEFAULT 0,
    total_minutes bigint NOT NULL DEFAULT 0
);

CREATE TABLE stream_events (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    livestream_id uuid REFERENCES livestreams (id) ON DELETE SET NULL,
    type stream_event_type NOT NULL,
    amount numeric(10, 2),
    score double precision,
    payload json,
    inserted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE chat_messages (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    livestream_id uuid NOT NULL REFERENCES livestreams (id) ON DELETE CASCADE,
    viewer_id uuid REFERENCES viewers (id) ON DELETE SET NULL,
    body text NOT NULL,
    badge_months smallint,
    sent_local timestamp,
    inserted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_roles (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role varchar(40) NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role)
);
