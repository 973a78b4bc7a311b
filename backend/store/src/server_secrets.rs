//! Secrets that all servers of a database share.

use inkstream_core::Result;
use jiff::Timestamp;

use crate::{
    database::{Database, Pools, transaction},
    error::StoreError,
};

impl Database {
    /// Whether several servers may work on this database at once.
    pub fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres { .. })
    }

    /// The secret of this name. Where there is none yet, `candidate` becomes it; of several servers that start at once, all
    /// get that of the first.
    pub async fn shared_secret(&self, name: &str, candidate: &str, now: Timestamp) -> Result<String> {
        Ok(shared(self, name, candidate, now).await?)
    }
}

async fn shared(db: &Database, name: &str, candidate: &str, now: Timestamp) -> Result<String, StoreError> {
    Ok(transaction!(db, |tx| {
        // Who comes second waits here until the first has committed, and then sees its row.
        sqlx::query("INSERT INTO server_secrets (name, value, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(candidate)
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
        sqlx::query_scalar("SELECT value FROM server_secrets WHERE name = $1").bind(name).fetch_one(&mut *tx).await?
    }))
}
