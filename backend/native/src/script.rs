//! Scripts, and the languages that are written in each.

use serde::{Deserialize, Serialize};

/// The scripts that can be found on a page: those that Tesseract's `osd.traineddata` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Script {
    /// Latin letters in the types that are usual today.
    Latin,
    /// Latin letters in black letter types.
    Fraktur,
    /// Cyrillic letters.
    Cyrillic,
    /// Greek letters.
    Greek,
    /// Chinese characters, simplified or traditional.
    Han,
    /// Kana and Chinese characters.
    Japanese,
    /// Korean syllables.
    Hangul,
    /// Arabic letters.
    Arabic,
    /// Hebrew letters.
    Hebrew,
    /// Thai letters.
    Thai,
    /// The script of Hindi.
    Devanagari,
    /// The script of Bengali.
    Bengali,
    /// The script of Tamil.
    Tamil,
    /// The script of Telugu.
    Telugu,
    /// The script of Kannada.
    Kannada,
    /// The script of Malayalam.
    Malayalam,
}

impl Script {
    const ALL: [Self; 16] = [
        Self::Latin,
        Self::Fraktur,
        Self::Cyrillic,
        Self::Greek,
        Self::Han,
        Self::Japanese,
        Self::Hangul,
        Self::Arabic,
        Self::Hebrew,
        Self::Thai,
        Self::Devanagari,
        Self::Bengali,
        Self::Tamil,
        Self::Telugu,
        Self::Kannada,
        Self::Malayalam,
    ];

    /// The script's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Fraktur => "Fraktur",
            Self::Cyrillic => "Cyrillic",
            Self::Greek => "Greek",
            Self::Han => "Chinese",
            Self::Japanese => "Japanese",
            Self::Hangul => "Korean",
            Self::Arabic => "Arabic",
            Self::Hebrew => "Hebrew",
            Self::Thai => "Thai",
            Self::Devanagari => "Devanagari",
            Self::Bengali => "Bengali",
            Self::Tamil => "Tamil",
            Self::Telugu => "Telugu",
            Self::Kannada => "Kannada",
            Self::Malayalam => "Malayalam",
        }
    }

    /// The languages that are written in it, by the names of Tesseract's models, those with the most readers first. Of Latin only those
    /// that are read where the operator names none.
    pub(crate) const fn languages(self) -> &'static [&'static str] {
        match self {
            Self::Latin => &["eng", "deu", "fra", "spa", "por", "ita", "nld", "pol", "tur"],
            Self::Fraktur => &["deu_latf", "frk", "dan_frak", "slk_frak"],
            Self::Cyrillic => {
                &["rus", "ukr", "bul", "srp", "bel", "mkd", "kaz", "uzb_cyrl", "mon", "tgk", "kir", "tat", "aze_cyrl"]
            }
            Self::Greek => &["ell", "grc"],
            Self::Han => &["chi_sim", "chi_tra"],
            Self::Japanese => &["jpn"],
            Self::Hangul => &["kor"],
            Self::Arabic => &["ara", "fas", "urd", "pus", "snd", "uig", "kur_ara"],
            Self::Hebrew => &["heb", "yid"],
            Self::Thai => &["tha"],
            Self::Devanagari => &["hin", "mar", "nep", "san"],
            Self::Bengali => &["ben", "asm"],
            Self::Tamil => &["tam"],
            Self::Telugu => &["tel"],
            Self::Kannada => &["kan"],
            Self::Malayalam => &["mal"],
        }
    }

    /// Whether a language is written in it. Every language that no other script has is a Latin one.
    pub(crate) fn writes(self, language: &str) -> bool {
        let has = |script: Self| script.languages().contains(&language);
        has(self) || self == Self::Latin && !Self::ALL.into_iter().any(has) && !OTHER_SCRIPTS.contains(&language)
    }
}

/// Languages of scripts that cannot be found.
const OTHER_SCRIPTS: [&str; 22] = [
    "amh",
    "tir",
    "bod",
    "dzo",
    "chr",
    "div",
    "guj",
    "hye",
    "iku",
    "kat",
    "kat_old",
    "khm",
    "lao",
    "mya",
    "ori",
    "pan",
    "sin",
    "syr",
    "chi_sim_vert",
    "chi_tra_vert",
    "jpn_vert",
    "kor_vert",
];
