-- What may be wrong with a page's text: JSON, an array of the wire type PageWarning; null for none.
ALTER TABLE pages ADD COLUMN warnings TEXT;
