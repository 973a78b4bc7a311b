//! Secrets that all servers on one database share.

use inkstream_core::Result;
use jiff::Timestamp;

use crate::{
    database::{Database, Pools, transaction},
    error::StoreError,
};

impl Database {
    /// Whether several servers may use this database at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres { .. })
    }

    /// Returns the secret of this name. If there is none, stores `candidate` and returns it. Servers that start at the same time
    /// all get the same secret.
    pub async fn shared_secret(&self, name: &str, candidate: &str, now: Timestamp) -> Result<String> {
        Ok(get_or_insert(self, name, candidate, now).await?)
    }
}

async fn get_or_insert(db: &Database, name: &str, candidate: &str, now: Timestamp) -> Result<String, StoreError> {
    Ok(transaction!(db, |tx| {
        // A concurrent insert of the same name waits here until the first has committed, and then finds its row.
        sqlx::query("INSERT INTO server_secrets (name, value, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(candidate)
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
        sqlx::query_scalar("SELECT value FROM server_secrets WHERE name = $1").bind(name).fetch_one(&mut *tx).await?
    }))
}
