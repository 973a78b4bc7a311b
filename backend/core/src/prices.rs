//! The cost of reading, if the operator has set prices.

use std::collections::HashMap;

use inkstream_wire::Usage;

/// A model's price, in the operator's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// For a thousand pages read.
    pub thousand_pages: f64,
    /// For a million tokens sent.
    pub million_prompt_tokens: f64,
    /// For a million generated tokens.
    pub million_completion_tokens: f64,
}

/// The prices by model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prices {
    /// The currency's ISO 4217 code, as EUR.
    pub currency: Option<String>,
    /// The prices. Other models have none.
    pub by_model: HashMap<String, Price>,
}

impl Prices {
    /// The cost of a page. A page that does not count costs only its tokens.
    pub(crate) fn page(&self, model: &str, counts: bool, usage: &Usage) -> Option<f64> {
        let price = self.by_model.get(model)?;
        let pages = if counts { price.thousand_pages / 1e3 } else { 0.0 };
        let prompt = usage.prompt_tokens as f64 * price.million_prompt_tokens / 1e6;
        let completion = usage.completion_tokens as f64 * price.million_completion_tokens / 1e6;
        Some(pages + prompt + completion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_costs_its_price_and_its_tokens_and_a_failed_page_only_its_tokens() {
        let price = Price { thousand_pages: 2.0, million_prompt_tokens: 1.0, million_completion_tokens: 4.0 };
        let prices = Prices { currency: None, by_model: [("m".to_owned(), price)].into() };
        let usage = Usage { prompt_tokens: 1_000, completion_tokens: 500, ..Usage::default() };
        let close = |cost: Option<f64>, expected: f64| (cost.unwrap() - expected).abs() < 1e-12;
        assert!(close(prices.page("m", true, &usage), 0.005));
        assert!(close(prices.page("m", false, &usage), 0.003));
        assert_eq!(prices.page("another", true, &usage), None);
    }
}
