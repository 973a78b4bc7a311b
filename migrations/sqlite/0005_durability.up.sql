-- A document that is to end with its run: it expires with the run's lease, which is renewed while the run lives.
ALTER TABLE documents ADD COLUMN transient BOOLEAN NOT NULL DEFAULT FALSE;
-- How often an expired document could not be deleted, and when that is tried again; null where it never failed.
ALTER TABLE documents ADD COLUMN delete_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN retry_at BIGINT;

DROP INDEX documents_by_expiry;
CREATE INDEX documents_by_expiry ON documents (COALESCE(retry_at, expires_at));
CREATE INDEX documents_to_retry ON documents (retry_at) WHERE retry_at IS NOT NULL;

-- run_pages.status has one more word: "closed" is a page that was open when its run was closed. A run that has lost its
-- document loses its run_pages and then its document_id.
CREATE INDEX runs_with_document ON runs (document_id) WHERE document_id IS NOT NULL;

-- What runs that are too old for the ledger had used, so that its totals and groups stay what they were.
CREATE TABLE usage_days (
    user_id           TEXT   NOT NULL,
    day               BIGINT NOT NULL, -- since 1970, UTC
    model             TEXT   NOT NULL,
    key_id            TEXT   NOT NULL, -- empty for none
    events            BIGINT NOT NULL,
    input_bytes       BIGINT NOT NULL,
    pages_done        BIGINT NOT NULL,
    prompt_tokens     BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    prompt_chars      BIGINT NOT NULL,
    completion_chars  BIGINT NOT NULL,
    cost              DOUBLE PRECISION, -- null where the operator had set no price
    PRIMARY KEY (user_id, day, model, key_id)
);
