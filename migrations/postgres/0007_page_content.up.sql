-- What was read as the content model (crate content, versioned): JSON, compressed with zlib where it is long; null for
-- pages that were read before, and for those without text.
ALTER TABLE pages ADD COLUMN content BYTEA;
