use std::{str::FromStr, time::Duration};

use clap::{ArgAction::Set, builder::BoolishValueParser};
use inkstream_core::accounts::{Password, SecretKeys, TokenAlgorithm, Username};
use inkstream_wire::Secret;
use secrecy::{ExposeSecret as _, SecretString};

use super::value;

/// Accounts and sessions.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Accounts")]
pub struct AccountSettings {
    /// Key that signs tokens and links, at least 32 characters; unset: the server generates one and keeps it in
    /// `DATA_DIR`, or in PostgreSQL for all servers that share the database
    #[arg(long, env = "SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<SecretString>,
    /// Previous keys, separated by commas. What they signed stays valid
    #[arg(long, env = "SECRET_KEY_PREVIOUS", hide_env_values = true, value_delimiter = ',')]
    pub secret_key_previous: Vec<SecretString>,
    /// Algorithm that signs tokens: HS256, HS384 or HS512
    #[arg(long, env = "ALGORITHM", default_value = "HS256", value_parser = algorithm)]
    pub algorithm: TokenAlgorithm,
    /// Lifetime of an access token in minutes. Programs and pages renew it automatically
    #[arg(long, env = "ACCESS_TOKEN_EXPIRE_MINUTES", default_value = "60", value_parser = minutes)]
    pub access_token_expire_minutes: Duration,
    /// Time after which an unused session ends
    #[arg(long, env = "SESSION_LIFETIME", default_value = "30d", value_parser = value::duration)]
    pub session_lifetime: Duration,
    /// Name of the first admin, who is created at the start if there is no admin
    #[arg(long, env = "BOOTSTRAP_USER", hide_env_values = true)]
    pub bootstrap_user: Option<SecretString>,
    /// Password of the first admin
    #[arg(long, env = "BOOTSTRAP_PASS", hide_env_values = true)]
    pub bootstrap_pass: Option<SecretString>,
    /// Whether everyone may create an account
    #[arg(long, env = "REGISTRATION_ENABLED", default_value = "true", action = Set,
          value_parser = BoolishValueParser::new())]
    pub registration_enabled: bool,
    /// Maximum number of accounts that may be created from one address in an hour; 0: only the operator may create accounts
    #[arg(long, env = "REGISTRATIONS_PER_HOUR", default_value = "10")]
    pub registrations_per_hour: u32,
    /// Whether callers may also read documents without signing in, with `AUTH_ENABLED=true`
    #[arg(long, env = "ANONYMOUS_ALLOWED", default_value = "false", action = Set,
          value_parser = BoolishValueParser::new())]
    pub anonymous_allowed: bool,
    /// Token with which programs may use the micro-service dialect (`POST /`, `POST /img-echo/`) without an account
    #[arg(long, env = "SHARED_TOKEN", hide_env_values = true)]
    pub shared_token: Option<SecretString>,
    /// Maximum number of passwords that are hashed at the same time, each with 19 MiB of memory. Further ones wait
    #[arg(long, env = "PASSWORD_HASHES", default_value = "2", value_parser = value::count)]
    pub password_hashes: usize,
    /// How long the audit trail is kept
    #[arg(long, env = "AUDIT_RETENTION", default_value = "90d", value_parser = value::duration)]
    pub audit_retention: Duration,
    /// How long the ledger keeps each run after its document is deleted. The sums stay; unset: for ever
    #[arg(long, env = "USAGE_RETENTION", default_value = "")]
    pub usage_retention: Retention,
}

/// How long something is kept; `None` (an empty setting) is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention(pub Option<Duration>);

impl FromStr for Retention {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Ok(Self(None)),
            text => value::duration(text).map(|time| Self(Some(time))),
        }
    }
}

/// The admin that the first start creates.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    /// The username.
    pub username: Username,
    /// The password.
    pub password: Password,
}

impl AccountSettings {
    /// The current secret key, if it is set.
    pub fn secret_key(&self) -> Option<SecretString> {
        non_empty(self.secret_key.as_ref()).map(SecretString::from)
    }

    /// The previous secret keys.
    pub fn previous_keys(&self) -> Vec<SecretString> {
        self.secret_key_previous.iter().filter_map(|key| non_empty(Some(key))).map(SecretString::from).collect()
    }

    /// The micro-service's token, if it is set.
    pub fn shared_token(&self) -> Option<SecretString> {
        non_empty(self.shared_token.as_ref()).map(SecretString::from)
    }

    /// The first admin, if it is set. The error has one line.
    pub fn first_admin(&self) -> Result<Option<FirstAdmin>, String> {
        // Keep spaces, which are part of a password. Strip line ends, which an editor or a shell appends.
        let password = self.bootstrap_pass.as_ref().map(|text| text.expose_secret().trim_end_matches(['\r', '\n']));
        let password = password.filter(|text| !text.trim().is_empty());
        let (username, password) = match (non_empty(self.bootstrap_user.as_ref()), password) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err("BOOTSTRAP_USER: it needs a BOOTSTRAP_PASS beside it".to_owned()),
            (None, Some(_)) => return Err("BOOTSTRAP_PASS: it needs a BOOTSTRAP_USER beside it".to_owned()),
            (Some(username), Some(password)) => (username, password),
        };
        let username: Username =
            username.parse().map_err(|error: inkstream_core::Error| format!("BOOTSTRAP_USER: {}", error.detail))?;
        let password = Password::chosen(Secret(password.to_owned()), &username)
            .map_err(|error| format!("BOOTSTRAP_PASS: {}", error.detail))?;
        Ok(Some(FirstAdmin { username, password }))
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let keys =
            [("SECRET_KEY", self.secret_key().into_iter().collect()), ("SECRET_KEY_PREVIOUS", self.previous_keys())];
        let short = keys.into_iter().filter_map(|(name, keys)| {
            let wrong = keys.into_iter().find_map(|key| SecretKeys::new(key, Vec::new()).err());
            wrong.map(|error| format!("{name}: {error}"))
        });
        let unsendable = non_empty(self.shared_token.as_ref())
            .filter(|token| !token.bytes().all(|byte| byte.is_ascii_graphic()))
            .map(|_| "SHARED_TOKEN: letters, digits and signs of ASCII were expected, without spaces".to_owned());
        short.chain(unsendable).chain(self.first_admin().err()).collect()
    }
}

fn non_empty(secret: Option<&SecretString>) -> Option<&str> {
    secret.map(|secret| secret.expose_secret().trim()).filter(|text| !text.is_empty())
}

fn algorithm(text: &str) -> Result<TokenAlgorithm, String> {
    match text.trim() {
        "HS256" => Ok(TokenAlgorithm::Hs256),
        "HS384" => Ok(TokenAlgorithm::Hs384),
        "HS512" => Ok(TokenAlgorithm::Hs512),
        _ => Err("HS256, HS384 or HS512 was expected".to_owned()),
    }
}

fn minutes(text: &str) -> Result<Duration, String> {
    // A token can be revoked only with its session, so a year is more than enough.
    const YEAR: u64 = 365 * 24 * 60;
    match text.trim().parse() {
        Ok(minutes @ 1..=YEAR) => Ok(Duration::from_secs(minutes * 60)),
        _ => Err(format!("a whole number of minutes from 1 to {YEAR} was expected")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        accounts: AccountSettings,
    }

    fn settings(arguments: &[&str]) -> AccountSettings {
        Cli::try_parse_from(["test"].iter().chain(arguments)).unwrap().accounts
    }

    #[test]
    fn empty_settings_count_as_unset() {
        let names = ["secret-key", "secret-key-previous", "shared-token", "bootstrap-user", "bootstrap-pass"];
        let empty = settings(&names.map(|name| format!("--{name}=")).each_ref().map(String::as_str));
        assert!(empty.secret_key().is_none() && empty.previous_keys().is_empty() && empty.shared_token().is_none());
        assert!(empty.first_admin().unwrap().is_none());
        assert!(empty.problems().is_empty());
    }

    #[test]
    fn every_short_key_is_refused_and_none_is_shown() {
        let short = settings(&["--secret-key=seven77", "--secret-key-previous=long enough, six666"]);
        let problems = short.problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("SECRET_KEY: ") && problems[1].starts_with("SECRET_KEY_PREVIOUS: "));
        assert!(!format!("{problems:?} {short:?}").contains("seven77"));
        assert_eq!(settings(&["--secret-key-previous=long enough, another one"]).previous_keys().len(), 2);
    }

    #[test]
    fn a_shared_token_fits_in_a_header() {
        for wrong in ["two words", "schlüssel7"] {
            let problems = settings(&[&format!("--shared-token={wrong}")]).problems();
            assert!(problems.len() == 1 && problems[0].starts_with("SHARED_TOKEN: "), "{problems:?}");
            assert!(!problems[0].contains(wrong));
        }
        let valid = settings(&["--shared-token= s3cr3t+/= "]);
        assert!(valid.problems().is_empty() && !format!("{valid:?}").contains("s3cr3t"));
        assert_eq!(valid.shared_token().unwrap().expose_secret(), "s3cr3t+/=");
    }

    #[test]
    fn the_first_admin_needs_a_valid_name_and_password() {
        let wrong = |arguments: &[&str]| settings(arguments).first_admin().unwrap_err();
        assert!(wrong(&["--bootstrap-user=ada"]).starts_with("BOOTSTRAP_USER: "));
        assert!(wrong(&["--bootstrap-pass=correct horse"]).starts_with("BOOTSTRAP_PASS: "));
        assert!(wrong(&["--bootstrap-user=a/b", "--bootstrap-pass=correct horse"]).starts_with("BOOTSTRAP_USER: "));
        let common = wrong(&["--bootstrap-user=ada", "--bootstrap-pass=password1"]);
        assert!(common.starts_with("BOOTSTRAP_PASS: ") && !common.contains("password1"), "{common}");
        let admin =
            settings(&["--bootstrap-user=Ada", "--bootstrap-pass=correct horse"]).first_admin().unwrap().unwrap();
        assert_eq!(admin.username.as_str(), "ada");
        let spaced = ["--bootstrap-user= ada ", "--bootstrap-pass= 7 chars\r\n"];
        assert!(settings(&spaced).first_admin().unwrap().is_some(), "spaces count as characters");
    }

    #[test]
    fn an_access_token_lives_from_a_minute_to_a_year() {
        assert_eq!(minutes("60"), Ok(Duration::from_hours(1)));
        for wrong in ["0", "-1", "1h", "525601", ""] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_ledger_is_kept_for_ever_by_default() {
        assert_eq!(settings(&[]).usage_retention, Retention(None));
        assert_eq!(settings(&["--usage-retention="]).usage_retention, Retention(None));
        let kept = settings(&["--usage-retention=365d"]).usage_retention;
        assert_eq!(kept, Retention(Some(Duration::from_hours(365 * 24))));
        assert!("0".parse::<Retention>().is_err());
    }

    #[test]
    fn tokens_are_signed_only_with_an_hmac() {
        assert_eq!(algorithm("HS512"), Ok(TokenAlgorithm::Hs512));
        for wrong in ["none", "RS256", "hs256", ""] {
            assert!(algorithm(wrong).is_err(), "{wrong}");
        }
    }
}
