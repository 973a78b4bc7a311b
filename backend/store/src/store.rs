//! Whether the database answers.

use async_trait::async_trait;
use inkstream_core::{Result, ports::Store};

use crate::database::{Database, read};

#[async_trait]
impl Store for Database {
    async fn ping(&self) -> Result<()> {
        read!(self, |pool| sqlx::query("SELECT 1").execute(pool).await.map(drop)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
