use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use inkstream_core::accounts::Username;
use url::Host;

use super::{AllowedHosts, BasePath, Origins, TrustedProxies, value};

/// The listener and access to it.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub struct ServerSettings {
    /// Address to listen on, such as 0.0.0.0 for all; `localhost` means 127.0.0.1
    #[arg(long, env = "HOST", default_value = "127.0.0.1", value_parser = host)]
    pub host: IpAddr,
    /// Port to listen on; 0: any free port
    #[arg(long, env = "PORT", default_value = "8000", value_parser = port)]
    pub port: u16,
    /// Whether callers must sign in. If not, everyone who can reach the port may read documents
    #[arg(long, env = "AUTH_ENABLED", default_value = "false", action = clap::ArgAction::Set,
          value_parser = clap::builder::BoolishValueParser::new())]
    pub auth_enabled: bool,
    /// The name of callers without an account in the ledger
    #[arg(long, env = "ANON_USERNAME", default_value = "anonymous", value_parser = username)]
    pub anon_username: Username,
    /// Path under which the server is reached, such as /ocr behind a proxy with other sites; unset: the server has its
    /// own host name
    #[arg(long, env = "BASE_PATH", default_value = "")]
    pub base_path: BasePath,
    /// Origins of other sites whose pages may call the API, separated by commas; *: all
    #[arg(long, env = "CORS_ORIGINS", default_value = "")]
    pub cors_origins: Origins,
    /// Proxies whose X-Forwarded-For (or Forwarded, or X-Real-IP) and X-Forwarded-Proto headers are trusted: addresses
    /// or networks, separated by commas
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Host names that requests may use, besides localhost, separated by commas; *: all; unset: all, but only localhost
    /// if the server listens on loopback, requires no sign-in, and trusts no proxy
    #[arg(long, env = "ALLOWED_HOSTS", default_value = "")]
    pub allowed_hosts: AllowedHosts,
    /// Token that /metrics requires; unset: everyone who can reach the port may read the metrics
    #[arg(long, env = "METRICS_TOKEN", hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// Maximum number of connections. Further ones wait in the kernel's backlog
    #[arg(long, env = "MAX_CONNECTIONS", default_value = "1024", value_parser = value::count)]
    pub max_connections: usize,
    /// Maximum time in which a client must send a request's headers
    #[arg(long, env = "HEADER_TIMEOUT", default_value = "15s", value_parser = value::duration)]
    pub header_timeout: Duration,
    /// Maximum time that running requests may take after SIGTERM
    #[arg(long, env = "SHUTDOWN_GRACE", default_value = "5s", value_parser = value::duration)]
    pub shutdown_grace: Duration,
}

impl ServerSettings {
    /// The address to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// The metrics' token, if it is set.
    pub fn metrics_token(&self) -> Option<&str> {
        value::non_empty(self.metrics_token.as_ref())
    }

    /// Whether the server listens on more than loopback and requires no sign-in.
    pub fn is_open_to_everyone(&self) -> bool {
        !self.is_local() && !self.auth_enabled
    }

    /// The hosts whose requests are answered, besides this machine's own names; `None` is all hosts. `anonymous_allowed`: whether
    /// callers may skip signing in.
    ///
    /// On loopback without sign-in, only the port's reachability keeps strangers out. A browser on this machine reaches it with
    /// any site's page (DNS rebinding), so only local names are allowed by default. A trusted proxy passes on the names that it
    /// serves, so all are allowed unless they are listed.
    pub fn hosts(&self, anonymous_allowed: bool) -> Option<&[Host]> {
        let without_sign_in = !self.auth_enabled || anonymous_allowed;
        match &self.allowed_hosts {
            AllowedHosts::List(names) => Some(names),
            AllowedHosts::Unset if without_sign_in && self.is_local() && self.trusted_proxies.is_empty() => Some(&[]),
            AllowedHosts::Unset | AllowedHosts::Any => None,
        }
    }

    fn is_local(&self) -> bool {
        self.host.to_canonical().is_loopback()
    }
}

/// Parses an address, or `localhost`, the only name that needs no look-up.
fn host(text: &str) -> Result<IpAddr, String> {
    match text.trim() {
        "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
        text => text
            .parse()
            .map_err(|_| "an address such as 127.0.0.1, 0.0.0.0 or ::1, or localhost, was expected".to_owned()),
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| "a port from 0 to 65535 was expected".to_owned())
}

fn username(text: &str) -> Result<Username, String> {
    text.trim().parse().map_err(|error: inkstream_core::Error| error.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_number_or_localhost() {
        assert_eq!(host("localhost"), Ok(Ipv4Addr::LOCALHOST.into()));
        assert_eq!(host(" ::1 ").map(|address| address.is_loopback()), Ok(true));
        for wrong in ["", "example.org", "127.0.0.1:80", "local host"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_are_checked_on_loopback_without_sign_in_or_if_they_are_listed() {
        #[derive(Debug, clap::Parser)]
        struct Cli {
            #[command(flatten)]
            server: ServerSettings,
        }
        let hosts = |arguments: &[&str], anonymous_allowed| {
            let cli = <Cli as clap::Parser>::parse_from(["test"].iter().chain(arguments));
            cli.server.hosts(anonymous_allowed).is_some()
        };
        for checked in [
            &[][..],
            &["--host=::1"],
            &["--host=::ffff:127.0.0.1"],
            &["--allowed-hosts=ocr.example"],
            &["--host=0.0.0.0", "--allowed-hosts=ocr.example"],
            &["--trusted-proxies=127.0.0.1", "--allowed-hosts=ocr.example"],
        ] {
            assert!(hosts(checked, false), "{checked:?}");
        }
        for unchecked in [
            &["--host=0.0.0.0"][..],
            &["--host=192.0.2.7"],
            &["--allowed-hosts=*"],
            &["--auth-enabled=true"],
            &["--trusted-proxies=127.0.0.1"],
        ] {
            assert!(!hosts(unchecked, false), "{unchecked:?}");
        }
        assert!(hosts(&["--auth-enabled=true"], true), "nobody needs to sign in there");
    }
}
