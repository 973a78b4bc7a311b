-- How the picture of a page was turned, clockwise in degrees; null where nothing was read or turned.
ALTER TABLE pages ADD COLUMN rotation BIGINT;
-- JSON, the wire type PageMetadata; null where the model told none.
ALTER TABLE pages ADD COLUMN metadata TEXT;
-- JSON, an array of the wire type PageAttempt; null where one attempt did.
ALTER TABLE run_pages ADD COLUMN attempts TEXT;
