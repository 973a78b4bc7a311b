ALTER TABLE run_pages DROP COLUMN attempts;
ALTER TABLE pages DROP COLUMN metadata;
ALTER TABLE pages DROP COLUMN rotation;
