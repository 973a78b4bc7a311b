//! Profiles of model families. Each is a file here, with the prompt and the parameters that its makers publish, and one line of
//! [`REGISTRY`].

mod chandra;
mod deepseek;
mod dots_ocr;
mod family;
mod glm_ocr;
mod lightonocr;
mod lightonocr_3;
mod nanonets;
mod olmocr;
mod paddleocr_vl;
mod plain;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de};

pub(crate) use self::family::{Family, PartOrder};
use crate::ConfigError;

/// Every profile. The first one is for models that no other recognizes.
static REGISTRY: &[&Family] = &[
    &plain::FAMILY,
    &nanonets::FAMILY,
    &olmocr::FAMILY,
    &deepseek::FAMILY,
    &lightonocr::FAMILY,
    &lightonocr_3::FAMILY,
    &glm_ocr::FAMILY,
    &paddleocr_vl::FAMILY,
    &dots_ocr::FAMILY,
    &chandra::FAMILY,
    &chandra::FAMILY_OF_1,
];

/// A model family: how it is prompted, and how its answer is parsed.
#[derive(Clone, Copy)]
pub struct Profile(&'static Family);

impl Profile {
    /// Every profile.
    pub fn all() -> impl Iterator<Item = Self> {
        REGISTRY.iter().copied().map(Self)
    }

    /// The profile's name in settings.
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// Guesses the profile from a model's name: the name on Hugging Face, or one that contains it. The longest name that is found decides,
    /// because a family's later version has a profile of its own.
    pub fn guess(model: &str) -> Self {
        let model = model.to_ascii_lowercase();
        let names = Self::all().flat_map(|profile| profile.0.model_names.iter().map(move |name| (*name, profile)));
        let found = names.filter(|(name, _)| model.contains(name)).max_by_key(|(name, _)| name.len());
        found.map(|(_, profile)| profile).unwrap_or_default()
    }

    /// The names of its size modes, the smallest first.
    pub fn sizes(self) -> impl Iterator<Item = &'static str> {
        self.0.sizes.iter().map(|size| size.name)
    }

    pub(crate) const fn family(self) -> &'static Family {
        self.0
    }
}

/// The names of all size modes that any profile has, each once.
pub fn size_names() -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in Profile::all().flat_map(Profile::sizes) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The profile for any model that accepts images and follows instructions.
impl Default for Profile {
    fn default() -> Self {
        Self(&plain::FAMILY)
    }
}

impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Profile {}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let found = Self::all().find(|profile| profile.as_str() == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::all().map(Self::as_str).collect();
            ConfigError::Profile { name: name.to_owned(), known: known.join(", ") }
        })
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_profile_is_guessed_from_the_models_name() {
        for (model, profile) in [
            ("nanonets/Nanonets-OCR-s", "nanonets-ocr-s"),
            ("allenai/olmOCR-7B-0825", "olmocr"),
            ("allenai/olmOCR-2-7B-1025-FP8", "olmocr"),
            ("deepseek-ai/DeepSeek-OCR", "deepseek-ocr"),
            ("/models/deepseek-ocr", "deepseek-ocr"),
            ("lightonai/LightOnOCR-2-1B", "lightonocr"),
            ("zai-org/GLM-OCR", "glm-ocr"),
            ("zai-org/GLM-4.5V", "plain"),
            ("PaddlePaddle/PaddleOCR-VL-1.5", "paddleocr-vl"),
            ("rednote-hilab/dots.mocr", "dots-ocr"),
            ("rednote-hilab/dots.ocr", "dots-ocr"),
            ("lightonai/LightOnOCR-2-1B-bbox", "lightonocr"),
            ("lightonai/LightOnOCR-3-0.8B", "lightonocr-3"),
            ("datalab-to/chandra-ocr-2", "chandra"),
            ("chandra", "chandra"),
            ("datalab-to/chandra", "chandra-1"),
            ("deepseek-ai/DeepSeek-V3", "plain"),
            ("Qwen/Qwen2.5-VL-7B-Instruct", "plain"),
            ("", "plain"),
        ] {
            assert_eq!(Profile::guess(model).as_str(), profile, "{model}");
        }
    }

    #[test]
    fn every_profile_is_found_by_its_name_and_the_first_one_recognizes_no_model() {
        for profile in Profile::all() {
            assert_eq!(profile.as_str().parse::<Profile>().unwrap(), profile);
            assert_eq!(serde_json::from_value::<Profile>(profile.as_str().into()).unwrap(), profile);
        }
        let names: BTreeSet<_> = Profile::all().map(Profile::as_str).collect();
        assert_eq!(names.len(), REGISTRY.len(), "two profiles have the same name");
        let plain = Profile::default();
        assert_eq!(Profile::all().next(), Some(plain));
        assert!(plain.family().model_names.is_empty());
    }

    #[test]
    fn the_names_that_recognize_a_profiles_models_are_lower_case_and_recognize_no_other_profiles() {
        for profile in Profile::all() {
            for name in profile.family().model_names {
                assert_eq!(name.to_ascii_lowercase(), *name);
                assert_eq!(Profile::guess(name), profile, "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_that_there_are() {
        let error = "OlmOCR".parse::<Profile>().unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no profile `OlmOCR`: there are plain, nanonets-ocr-s, olmocr, deepseek-ocr, \
             lightonocr, lightonocr-3, glm-ocr, paddleocr-vl, dots-ocr, chandra, chandra-1"
        );
        let error = serde_json::from_value::<Profile>("x".into()).unwrap_err().to_string();
        assert!(error.contains("there are plain"), "{error}");
    }
}
