-- Ids are UUIDs as text, times milliseconds since 1970 in UTC, enums the words of the wire types.

CREATE TABLE users (
    id         TEXT   NOT NULL PRIMARY KEY,
    username   TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE documents (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    session    TEXT, -- the browser session of an anonymous owner; null for everyone else
    filename   TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    bytes      BIGINT NOT NULL,
    pages      BIGINT NOT NULL,
    blob       TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX documents_of_owner ON documents (user_id, COALESCE(session, ''), created_at DESC, id DESC);
CREATE INDEX documents_by_expiry ON documents (expires_at);

-- A page and its latest result. "Running" is not stored here: it is that a run has an open row in run_pages, so that
-- a run that dies takes nothing with it.
CREATE TABLE pages (
    document_id       TEXT   NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    page              BIGINT NOT NULL,
    status            TEXT   NOT NULL, -- pending, done, failed, aborted
    run_id            TEXT,
    model             TEXT,
    width             BIGINT,
    height            BIGINT,
    dpi               DOUBLE PRECISION,
    confidence        DOUBLE PRECISION,
    finish_reason     TEXT,
    error_code        TEXT,
    error_message     TEXT,
    prompt_tokens     BIGINT,
    completion_tokens BIGINT,
    prompt_chars      BIGINT,
    completion_chars  BIGINT,
    input_bytes       BIGINT,
    estimated         BOOLEAN,
    corrected         TEXT,
    corrected_at      BIGINT,
    text              TEXT   NOT NULL DEFAULT '',
    boxes             TEXT, -- JSON, an array of the wire type TextBox; null for none
    PRIMARY KEY (document_id, page)
);

CREATE INDEX pages_done ON pages (document_id) WHERE status = 'done';

-- A run, which is also its row on the usage ledger: it outlives its document and its user, so nothing refers to them.
CREATE TABLE runs (
    id                TEXT    NOT NULL PRIMARY KEY,
    usage_id          TEXT    NOT NULL UNIQUE,
    user_id           TEXT    NOT NULL,
    session           TEXT,
    document_id       TEXT,
    kind              TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    engine            TEXT    NOT NULL,
    status            TEXT    NOT NULL,
    input_bytes       BIGINT  NOT NULL,
    pages_done        BIGINT  NOT NULL DEFAULT 0,
    prompt_tokens     BIGINT  NOT NULL DEFAULT 0,
    completion_tokens BIGINT  NOT NULL DEFAULT 0,
    prompt_chars      BIGINT  NOT NULL DEFAULT 0,
    completion_chars  BIGINT  NOT NULL DEFAULT 0,
    estimated         BOOLEAN NOT NULL DEFAULT FALSE,
    cost              DOUBLE PRECISION, -- null where the operator has set no price
    created_at        BIGINT  NOT NULL,
    ended_at          BIGINT,
    boot              TEXT    NOT NULL, -- the process that owns the run
    lease_until       BIGINT  NOT NULL
);

CREATE INDEX runs_of_user ON runs (user_id, created_at DESC, usage_id DESC);
CREATE INDEX runs_of_document ON runs (document_id) WHERE status = 'running';
CREATE INDEX runs_by_lease ON runs (lease_until) WHERE status = 'running';

-- The unit of work: one page of one run.
CREATE TABLE run_pages (
    run_id      TEXT   NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    page        BIGINT NOT NULL,
    status      TEXT   NOT NULL, -- running, done, failed, aborted
    finished_at BIGINT,
    PRIMARY KEY (run_id, page)
);
