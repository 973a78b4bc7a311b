DROP TABLE usage_days;
DROP INDEX runs_with_document;
UPDATE run_pages SET status = 'aborted' WHERE status = 'closed';
DROP INDEX documents_to_retry;
DROP INDEX documents_by_expiry;
CREATE INDEX documents_by_expiry ON documents (expires_at);
ALTER TABLE documents DROP COLUMN retry_at;
ALTER TABLE documents DROP COLUMN delete_failures;
ALTER TABLE documents DROP COLUMN transient;
