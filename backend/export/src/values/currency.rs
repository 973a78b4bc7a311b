//! Currencies as they are written beside amounts.

/// Symbols, and the ISO 4217 codes of the currencies that are traded most (BIS Triennial Survey 2022). A longer one stands before those
/// that it contains.
const CURRENCIES: &[&str] = &[
    "US$", "HK$", "NZ$", "C$", "A$", "R$", "S$", "$", "€", "£", "¥", "￥", "₹", "₽", "₩", "₺", "₪", "₫", "₱", "฿", "₴",
    "zł", "Kč", "Fr.", "kr.", "kr", "EUR", "USD", "GBP", "JPY", "CHF", "CNY", "RMB", "AUD", "CAD", "NZD", "HKD", "SGD",
    "SEK", "NOK", "DKK", "KRW", "INR", "MXN", "TWD", "ZAR", "BRL", "PLN", "THB", "ILS", "CZK", "TRY", "HUF", "RON",
    "BGN",
];

/// The currency at the start of a text, and the rest.
pub(super) fn strip_prefix(text: &str) -> Option<(&'static str, &str)> {
    CURRENCIES.iter().find_map(|currency| Some((*currency, text.strip_prefix(currency)?)))
}

/// The currency at the end of a text, and the rest.
pub(super) fn strip_suffix(text: &str) -> Option<(&str, &'static str)> {
    CURRENCIES.iter().find_map(|currency| Some((text.strip_suffix(currency)?, *currency)))
}
