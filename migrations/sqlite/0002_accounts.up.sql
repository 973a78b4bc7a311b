-- Accounts: who signs in, with what, how much they may read, and what happened. Until now all users were anonymous.

ALTER TABLE users ADD COLUMN username_key  TEXT    NOT NULL DEFAULT ''; -- what names that look alike have in common
ALTER TABLE users ADD COLUMN password_hash TEXT;                        -- PHC string; null for one who cannot sign in
ALTER TABLE users ADD COLUMN role          TEXT    NOT NULL DEFAULT 'user'; -- user, admin
ALTER TABLE users ADD COLUMN anonymous     BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN disabled      BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN quota_pages   BIGINT; -- a month; null for the operator's, -1 for no limit
ALTER TABLE users ADD COLUMN quota_tokens  BIGINT; -- the same
UPDATE users SET anonymous = TRUE, username_key = username;
CREATE UNIQUE INDEX users_by_likeness ON users (username_key);

-- Rows to wait for one another on, where no row of the matter itself would do.
CREATE TABLE locks (
    name TEXT NOT NULL PRIMARY KEY
);
INSERT INTO locks (name) VALUES ('admins');

-- The family of refresh tokens that one signing in begins.
CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    revoked    BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Used ones stay until they would have expired, so that a copy is known as one.
CREATE TABLE refresh_tokens (
    hash       BLOB   NOT NULL PRIMARY KEY, -- SHA-256
    session_id TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- Revoked ones stay as long as their user, so that the ledger can name them.
CREATE TABLE api_keys (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    prefix       TEXT   NOT NULL, -- how the key begins
    hash         BLOB   NOT NULL UNIQUE, -- SHA-256
    scopes       TEXT   NOT NULL, -- words with a space between
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at   BIGINT,
    revoked_at   BIGINT
);

CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at DESC, id DESC);

-- The trail outlives the users it tells of, so nothing refers to them.
CREATE TABLE audit_events (
    id      TEXT   NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    event   TEXT   NOT NULL,
    actor   TEXT, -- a user's id
    subject TEXT, -- a user's id
    address TEXT,
    detail  TEXT
);

CREATE INDEX audit_events_by_time ON audit_events (at DESC, id DESC);

-- A user's meter of one month.
CREATE TABLE user_months (
    user_id         TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    month           BIGINT NOT NULL, -- year * 100 + month, UTC
    pages_used      BIGINT NOT NULL DEFAULT 0,
    pages_reserved  BIGINT NOT NULL DEFAULT 0,
    tokens_used     BIGINT NOT NULL DEFAULT 0,
    tokens_reserved BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, month)
);

-- A row of the ledger outlives the key it names, so nothing refers to keys.
ALTER TABLE runs ADD COLUMN key_id TEXT;
ALTER TABLE runs ADD COLUMN month BIGINT NOT NULL DEFAULT 0; -- whose meter it counts on; 0 for none, from before quotas
CREATE INDEX runs_by_time ON runs (created_at DESC, usage_id DESC);

-- What a page holds of the month's tokens while it is running.
ALTER TABLE run_pages ADD COLUMN reserved_tokens BIGINT NOT NULL DEFAULT 0;
