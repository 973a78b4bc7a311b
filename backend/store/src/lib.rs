//! The store and blob ports: SQLite and PostgreSQL, object_store on disk
