DROP TABLE run_pages;
DROP TABLE runs;
DROP TABLE pages;
DROP TABLE documents;
DROP TABLE users;
