use std::io::{self, Read};

use inkstream_core::accounts::{Password, Username};
use inkstream_wire::Secret;

/// Bytes that are read from stdin: longer than any password.
const MOST: u64 = 4_096;

/// Where a new password comes from. It is no argument: those are seen by everyone on the machine.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Read the password from stdin instead of asking for it
    #[arg(long)]
    password_stdin: bool,
}

/// Why there is no password.
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
    /// A password for this user, asked for twice or read.
    pub(super) fn chosen(&self, username: &Username) -> Result<Password, PasswordError> {
        let text = if self.password_stdin { piped(io::stdin().lock())? } else { asked()? };
        Password::chosen(text, username).map_err(|error| PasswordError::Unfit(error.detail))
    }
}

fn asked() -> Result<Secret, PasswordError> {
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map(Secret).map_err(PasswordError::Terminal);
    let first = ask("Password: ")?;
    if ask("Once more: ")? == first { Ok(first) } else { Err(PasswordError::Differ) }
}

/// All of it, but the end of its line.
fn piped(stdin: impl Read) -> Result<Secret, PasswordError> {
    let mut text = String::new();
    stdin.take(MOST).read_to_string(&mut text).map_err(PasswordError::Stdin)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piped_password_ends_with_its_line_and_keeps_its_spaces() {
        let read = |bytes: &[u8]| piped(bytes).unwrap().0;
        assert_eq!(read(b" correct horse \n"), " correct horse ");
        assert_eq!(read(b"correct horse\r\n"), "correct horse");
        assert_eq!(read(b"correct horse"), "correct horse");
        assert_eq!(read(b"\n\n"), "\n");
    }

    #[test]
    fn a_piped_password_that_is_too_long_is_unfit_and_none_at_all_when_it_is_no_text() {
        let username = "ada".parse().unwrap();
        let long = piped(&*vec![b'x'; 1 << 20]).unwrap();
        assert!(Password::chosen(long, &username).is_err());
        assert!(matches!(piped(&b"\xff\xfe"[..]), Err(PasswordError::Stdin(_))));
    }
}
