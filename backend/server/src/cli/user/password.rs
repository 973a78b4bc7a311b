use std::io::{self, Read};

use inkstream_core::accounts::{Password, Username};
use inkstream_wire::Secret;

/// Bytes that are read from stdin, which is more than any password has.
const MAX_BYTES: u64 = 4_096;

/// The source of a new password. It is not an argument, because every user of the machine can see arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Read the password from stdin instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

/// Why no password could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    #[error("a password cannot be asked for here, give it with --password-stdin: {0}")]
    Terminal(#[source] io::Error),
    #[error("the two passwords differ")]
    Differ,
    #[error("stdin cannot be read: {0}")]
    Stdin(#[source] io::Error),
    #[error("{0}")]
    Unfit(String),
}

impl Arguments {
    /// Prompts twice for a password, or reads it from stdin, and checks it for this user.
    pub(super) fn password(&self, username: &Username) -> Result<Password, PasswordError> {
        let text = if self.password_stdin { read_from(io::stdin().lock())? } else { prompt()? };
        Password::chosen(text, username).map_err(|error| PasswordError::Unfit(error.detail))
    }
}

fn prompt() -> Result<Secret, PasswordError> {
    let ask = |text: &str| rpassword::prompt_password(text).map(Secret).map_err(PasswordError::Terminal);
    let first = ask("Password: ")?;
    if ask("Once more: ")? == first { Ok(first) } else { Err(PasswordError::Differ) }
}

/// Reads everything but the final line end.
fn read_from(stdin: impl Read) -> Result<Secret, PasswordError> {
    let mut text = String::new();
    stdin.take(MAX_BYTES).read_to_string(&mut text).map_err(PasswordError::Stdin)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piped_password_ends_with_its_line_and_keeps_its_spaces() {
        let text = |bytes: &[u8]| read_from(bytes).unwrap().0;
        assert_eq!(text(b" correct horse \n"), " correct horse ");
        assert_eq!(text(b"correct horse\r\n"), "correct horse");
        assert_eq!(text(b"correct horse"), "correct horse");
        assert_eq!(text(b"\n\n"), "\n");
    }

    #[test]
    fn a_piped_password_that_is_too_long_or_not_utf_8_is_refused() {
        let username = "ada".parse().unwrap();
        let long = read_from(&*vec![b'x'; 1 << 20]).unwrap();
        assert!(Password::chosen(long, &username).is_err());
        assert!(matches!(read_from(&b"\xff\xfe"[..]), Err(PasswordError::Stdin(_))));
    }
}
