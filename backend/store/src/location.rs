//! Parses `DATABASE_URL`.

use std::{path::PathBuf, str::FromStr};

use sqlx::{postgres::PgConnectOptions, sqlite::SqliteConnectOptions};

use crate::SetupError;

#[derive(Debug)]
pub(crate) enum Location {
    /// A relative path is resolved against the data folder.
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Location {
    type Err = SetupError;

    /// Accepts sqlx's URLs and `SQLAlchemy`'s (`sqlite+aiosqlite:///./data.db`, `postgresql+asyncpg://…`).
    fn from_str(url: &str) -> Result<Self, SetupError> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| SetupError::Url("sqlite://… or postgres://… is expected".to_owned()))?;
        match scheme {
            "sqlite" => {
                parse_sqlite(if rest.starts_with("/./") || rest.starts_with("/../") { &rest[1..] } else { rest })
            }
            // In SQLAlchemy's URLs one slash belongs to the URL: three begin a relative path, four an absolute one.
            "sqlite+aiosqlite" => parse_sqlite(rest.strip_prefix('/').unwrap_or(rest)),
            "postgres" | "postgresql" | "postgresql+asyncpg" | "postgresql+psycopg" => parse_postgres(rest),
            _ => Err(SetupError::Url("neither sqlite:// nor postgres://".to_owned())),
        }
    }
}

fn parse_sqlite(rest: &str) -> Result<Location, SetupError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !matches!(query, "" | "mode=rwc" | "mode=rw") {
        return Err(SetupError::Url("parameters other than mode=rwc are not understood for sqlite".to_owned()));
    }
    if path.is_empty() || path.ends_with('/') || path == ":memory:" {
        return Err(SetupError::Url("sqlite needs a file, as in sqlite://inkstream.db".to_owned()));
    }
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{path}"))
        .map_err(|error| SetupError::Url(error.to_string()))?;
    Ok(Location::Sqlite(options.get_filename().to_owned()))
}

fn parse_postgres(rest: &str) -> Result<Location, SetupError> {
    // asyncpg calls libpq's `sslmode` `ssl`. Ignoring it would silently drop a requirement for TLS.
    let rest = rest.replace("?ssl=", "?sslmode=").replace("&ssl=", "&sslmode=");
    let options = PgConnectOptions::from_str(&format!("postgres://{rest}"))
        .map_err(|error| SetupError::Url(format!("not a PostgreSQL URL: {error}")))?;
    Ok(Location::Postgres(Box::new(options.application_name("inkstream"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(url: &str) -> PathBuf {
        match url.parse() {
            Ok(Location::Sqlite(path)) => path,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn sqlite_urls_of_sqlx_and_of_sqlalchemy_name_the_same_files() {
        assert_eq!(path("sqlite:///var/lib/ink.db"), PathBuf::from("/var/lib/ink.db"));
        assert_eq!(path("sqlite://ink.db?mode=rwc"), PathBuf::from("ink.db"));
        assert_eq!(path("sqlite:///./data.db"), PathBuf::from("./data.db"));
        assert_eq!(path("sqlite+aiosqlite:///./data.db"), PathBuf::from("./data.db"));
        assert_eq!(path("sqlite+aiosqlite:////srv/data.db"), PathBuf::from("/srv/data.db"));
        assert_eq!(path("sqlite:///a%20b.db"), PathBuf::from("/a b.db"));
    }

    #[test]
    fn postgres_urls_of_sqlx_and_of_sqlalchemy_name_the_same_server() {
        for scheme in ["postgres", "postgresql", "postgresql+asyncpg"] {
            let url = format!("{scheme}://ink:secret@db.example:5433/inkstream?ssl=require");
            let Ok(Location::Postgres(options)) = url.parse() else { panic!("{scheme} is not understood") };
            assert_eq!((options.get_host(), options.get_port()), ("db.example", 5433));
            assert_eq!(options.get_database(), Some("inkstream"));
            assert!(matches!(options.get_ssl_mode(), sqlx::postgres::PgSslMode::Require));
        }
    }

    #[test]
    fn an_unsupported_url_is_refused_without_repeating_it() {
        for url in [
            "",
            "ink.db",
            "mysql://u:secret@h/d",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://a.db?mode=memory",
            "postgres://u:secret@h:notaport/d",
        ] {
            let Err(error) = url.parse::<Location>() else { panic!("{url} was accepted") };
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
