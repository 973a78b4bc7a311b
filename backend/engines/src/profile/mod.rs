//! Model families: one file each, with the prompt and the parameters that its makers publish.

mod deepseek;
mod family;
mod nanonets;
mod olmocr;
mod plain;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub(crate) use self::family::{Family, PartOrder};
use crate::ConfigError;

/// A model family: how it is prompted, and how its answer is parsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Any model that accepts images and follows instructions.
    #[default]
    Plain,
    /// Nanonets-OCR-s and its successors.
    NanonetsOcrS,
    /// olmOCR, with its prompt without anchors (v4).
    #[serde(rename = "olmocr")]
    OlmOcr,
    /// DeepSeek-OCR.
    DeepseekOcr,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Plain, Self::NanonetsOcrS, Self::OlmOcr, Self::DeepseekOcr];

    /// The profile's name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::NanonetsOcrS => "nanonets-ocr-s",
            Self::OlmOcr => "olmocr",
            Self::DeepseekOcr => "deepseek-ocr",
        }
    }

    /// Guesses the profile from a model's name: the name on Hugging Face, or one that contains it.
    pub fn guess(model: &str) -> Self {
        let model = model.to_ascii_lowercase();
        if model.contains("nanonets-ocr") {
            Self::NanonetsOcrS
        } else if model.contains("olmocr") {
            Self::OlmOcr
        } else if model.contains("deepseek-ocr") {
            Self::DeepseekOcr
        } else {
            Self::Plain
        }
    }

    pub(crate) const fn family(self) -> &'static Family {
        match self {
            Self::Plain => &plain::FAMILY,
            Self::NanonetsOcrS => &nanonets::FAMILY,
            Self::OlmOcr => &olmocr::FAMILY,
            Self::DeepseekOcr => &deepseek::FAMILY,
        }
    }
}

impl FromStr for Profile {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let found = Self::ALL.into_iter().find(|profile| profile.as_str() == name);
        found.ok_or_else(|| ConfigError::Profile(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_guessed_from_the_models_name() {
        for (model, profile) in [
            ("nanonets/Nanonets-OCR-s", Profile::NanonetsOcrS),
            ("allenai/olmOCR-7B-0825", Profile::OlmOcr),
            ("allenai/olmOCR-2-7B-1025-FP8", Profile::OlmOcr),
            ("deepseek-ai/DeepSeek-OCR", Profile::DeepseekOcr),
            ("/models/deepseek-ocr", Profile::DeepseekOcr),
            ("deepseek-ai/DeepSeek-V3", Profile::Plain),
            ("Qwen/Qwen2.5-VL-7B-Instruct", Profile::Plain),
            ("", Profile::Plain),
        ] {
            assert_eq!(Profile::guess(model), profile, "{model}");
        }
    }

    #[test]
    fn profile_names_round_trip() {
        for profile in Profile::ALL {
            assert_eq!(profile.as_str().parse::<Profile>().unwrap(), profile);
            assert_eq!(serde_json::to_value(profile).unwrap(), profile.as_str());
        }
        assert!(matches!("OlmOCR".parse::<Profile>(), Err(ConfigError::Profile(name)) if name == "OlmOCR"));
    }
}
