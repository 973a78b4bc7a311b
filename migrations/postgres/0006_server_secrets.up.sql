-- Secrets that all servers of this database share: what one signs, another reads. A copy of the database has them, too.
CREATE TABLE server_secrets (
    name       TEXT   NOT NULL PRIMARY KEY,
    value      TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
