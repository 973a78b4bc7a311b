//! Numbers, times and languages in words.

use inkstream_wire::RunOptions;

/// A number with thin spaces between the thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `1 page`, `20 pages`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A size in bytes, decimal units.
pub(crate) fn bytes(size: u64) -> String {
    match size {
        ..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{:.0} kB", size as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size as f64 / 1e6),
        _ => format!("{:.1} GB", size as f64 / 1e9),
    }
}

/// A price with its currency, with more digits if two would show zero.
pub(crate) fn cost(amount: f64, currency: Option<&str>) -> String {
    let number = if amount != 0.0 && amount.abs() < 0.1 { format!("{amount:.4}") } else { format!("{amount:.2}") };
    match currency {
        Some(currency) => format!("{number}\u{a0}{currency}"),
        None => number,
    }
}

/// A resolution, with more digits if none would show zero.
pub(crate) fn resolution(dpi: f32) -> String {
    let digits = match dpi {
        9.5.. => 0,
        0.095.. => 2,
        _ => 4,
    };
    format!("{dpi:.digits$} dpi")
}

/// How long ago `then` was. Both are in milliseconds since 1970.
pub(crate) fn ago(then: f64, now: f64) -> String {
    let minutes = ((now - then) / 60_000.0).max(0.0) as u64;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => format!("{} d ago", minutes / 1440),
    }
}

/// A language's English name by Tesseract's code, or the code if it is unknown.
pub(crate) fn language_name(code: &str) -> &str {
    match code {
        RunOptions::DETECT => "Detect automatically",
        "eng" => "English",
        "deu" => "German",
        "fra" => "French",
        "spa" => "Spanish",
        "ita" => "Italian",
        "por" => "Portuguese",
        "nld" => "Dutch",
        "pol" => "Polish",
        "ces" => "Czech",
        "swe" => "Swedish",
        "dan" => "Danish",
        "nor" => "Norwegian",
        "fin" => "Finnish",
        "tur" => "Turkish",
        "rus" => "Russian",
        "ukr" => "Ukrainian",
        "ell" => "Greek",
        "heb" => "Hebrew",
        "ara" => "Arabic",
        "hin" => "Hindi",
        "vie" => "Vietnamese",
        "kor" => "Korean",
        "jpn" => "Japanese",
        "chi_sim" => "Chinese, simplified",
        "chi_tra" => "Chinese, traditional",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "page"), "1 page");
        assert_eq!(counted(0, "page"), "0 pages");
    }

    #[test]
    fn small_prices_have_more_digits() {
        assert_eq!(cost(12.5, Some("EUR")), "12.50\u{a0}EUR");
        assert_eq!(cost(0.0123, None), "0.0123");
        assert_eq!(cost(0.0, None), "0.00");
    }

    #[test]
    fn a_low_resolution_is_never_shown_as_zero() {
        for (dpi, shown) in
            [(300.0, "300 dpi"), (149.6, "150 dpi"), (4.25, "4.25 dpi"), (0.1, "0.10 dpi"), (0.0012, "0.0012 dpi")]
        {
            assert_eq!(resolution(dpi), shown);
        }
    }

    #[test]
    fn times_are_rounded() {
        assert_eq!(ago(0.0, 30_000.0), "just now");
        assert_eq!(ago(0.0, 7_200_000.0), "2 h ago");
    }
}
