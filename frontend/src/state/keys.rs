//! API keys: labels of scopes, lifetimes, and a command that uses a key.

use inkstream_wire::Scope;

/// The lifetime of a new key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until it is revoked.
    #[default]
    Never,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
}

impl Lifetime {
    /// Every choice.
    pub(crate) const ALL: [Self; 4] = [Self::Never, Self::Month, Self::Quarter, Self::Year];

    /// The value in a form.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Month => "30",
            Self::Quarter => "90",
            Self::Year => "365",
        }
    }

    /// The label.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::Month => "In 30 days",
            Self::Quarter => "In 90 days",
            Self::Year => "In a year",
        }
    }

    /// Parses a form's value. Other values are [`Lifetime::Never`].
    pub(crate) fn parse(value: &str) -> Self {
        Self::ALL.into_iter().find(|lifetime| lifetime.as_str() == value).unwrap_or_default()
    }

    /// The lifetime in milliseconds.
    pub(crate) fn milliseconds(self) -> Option<f64> {
        let days = match self {
            Self::Never => return None,
            Self::Month => 30.0,
            Self::Quarter => 90.0,
            Self::Year => 365.0,
        };
        Some(days * 86_400_000.0)
    }
}

/// A scope's name.
pub(crate) const fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Ocr => "Recognise",
        Scope::Jobs => "Batches",
        Scope::Read => "Read",
    }
}

/// What a scope permits.
pub(crate) const fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Ocr => "Upload, recognise, correct and delete documents",
        Scope::Jobs => "Make and cancel batch jobs",
        Scope::Read => "See documents, results and usage",
    }
}

/// The scopes in a line.
pub(crate) fn scope_list(scopes: &[Scope]) -> String {
    if Scope::ALL.iter().all(|scope| scopes.contains(scope)) {
        return "everything".to_owned();
    }
    scopes.iter().map(|&scope| scope_name(scope).to_lowercase()).collect::<Vec<_>>().join(", ")
}

/// A command that uses the key for the first of its scopes.
pub(crate) fn curl(origin: &str, key: &str, scopes: &[Scope]) -> String {
    let auth = format!("-H 'Authorization: Bearer {key}'");
    if scopes.contains(&Scope::Ocr) {
        format!("curl -N {auth} \\\n  -F file=@page.png {origin}/api/ocr/image")
    } else if scopes.contains(&Scope::Jobs) {
        format!("curl {auth} \\\n  -F files=@page.png {origin}/api/v1/convert/batch")
    } else {
        format!("curl {auth} \\\n  {origin}/api/documents")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lifetime_is_equal_after_a_round_trip_through_the_form() {
        for lifetime in Lifetime::ALL {
            assert_eq!(Lifetime::parse(lifetime.as_str()), lifetime);
        }
        assert_eq!(Lifetime::parse("7"), Lifetime::Never);
    }

    #[test]
    fn the_command_is_permitted_to_the_key() {
        let reads = curl("https://ink.example", "ink_1", &[Scope::Read]);
        assert!(reads.contains("https://ink.example/api/documents") && !reads.contains("-F"), "{reads}");
        assert!(curl("https://ink.example", "ink_1", &Scope::ALL).contains("-F file=@page.png"));
    }

    #[test]
    fn all_scopes_together_are_everything() {
        assert_eq!(scope_list(&Scope::ALL), "everything");
        assert_eq!(scope_list(&[Scope::Ocr, Scope::Read]), "recognise, read");
    }
}
