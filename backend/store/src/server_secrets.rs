//! Secrets that all servers on one database share.

use inkstream_core::Result;
use jiff::Timestamp;

use crate::database::{Database, Pools, insert, transaction};

impl Database {
    /// Whether several servers may use this database at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.pools, Pools::Postgres { .. })
    }

    /// Returns the secret of this name. If there is none, stores `candidate` and returns it. Servers that start at the same time
    /// all get the same secret.
    pub async fn shared_secret(&self, name: &str, candidate: &str, now: Timestamp) -> Result<String> {
        Ok(transaction!(self, |tx| {
            // A concurrent insert of the same name waits here until the first has committed, and then finds its row.
            insert!(tx, "server_secrets", {
                name: name,
                value: candidate,
                created_at: now.as_millisecond(),
            }, "ON CONFLICT DO NOTHING");
            sqlx::query_scalar("SELECT value FROM server_secrets WHERE name = $1")
                .bind(name)
                .fetch_one(&mut *tx)
                .await?
        }))
    }
}
