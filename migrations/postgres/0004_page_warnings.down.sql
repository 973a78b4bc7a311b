ALTER TABLE pages DROP COLUMN warnings;
