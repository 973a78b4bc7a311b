//! Maps BCP 47 language tags to the names of Tesseract's installed models.

use isolang::Language;

/// Languages of which Tesseract has a model for each script: ISO 639-3, ISO 15924, and the model's name.
const BY_SCRIPT: [(&str, &str, &str); 10] = [
    ("zho", "hans", "chi_sim"),
    ("zho", "hant", "chi_tra"),
    ("srp", "latn", "srp_latn"),
    ("uzb", "cyrl", "uzb_cyrl"),
    ("aze", "cyrl", "aze_cyrl"),
    ("deu", "latf", "deu_latf"),
    ("deu", "latf", "frk"),
    ("dan", "latf", "dan_frak"),
    ("slk", "latf", "slk_frak"),
    ("kur", "arab", "kur_ara"),
];

/// Regions where Chinese is written in traditional characters.
const TRADITIONAL: [&str; 3] = ["tw", "hk", "mo"];

/// Other codes under which Tesseract may have a language: macrolanguages and their members, codes of ISO 639-2/B, withdrawn codes,
/// and the nearest language that is written in the same way.
const OTHER_CODES: [(&str, &[&str]); 57] = [
    ("cmn", &["zho"]),
    ("chi", &["zho"]),
    ("yue", &["zho"]),
    ("fil", &["tgl"]),
    ("tgl", &["fil"]),
    ("nob", &["nor"]),
    ("nno", &["nor"]),
    ("in", &["ind"]),
    ("iw", &["heb"]),
    ("ji", &["yid"]),
    ("mo", &["ron"]),
    ("mol", &["ron"]),
    ("sh", &["hrv", "srp_latn"]),
    ("hbs", &["hrv", "srp_latn"]),
    ("zsm", &["msa"]),
    ("prs", &["fas"]),
    ("pes", &["fas"]),
    ("arb", &["ara"]),
    ("azj", &["aze"]),
    ("uzn", &["uzb"]),
    ("lvs", &["lav"]),
    ("ekk", &["est"]),
    ("als", &["sqi"]),
    ("khk", &["mon"]),
    ("npi", &["nep"]),
    ("ory", &["ori"]),
    ("swh", &["swa"]),
    ("ydd", &["yid"]),
    ("ckb", &["kur_ara"]),
    ("kur", &["kmr"]),
    ("kmr", &["kur"]),
    ("gsw", &["deu"]),
    ("alb", &["sqi"]),
    ("arm", &["hye"]),
    ("baq", &["eus"]),
    ("bur", &["mya"]),
    ("cze", &["ces"]),
    ("dut", &["nld"]),
    ("fre", &["fra"]),
    ("geo", &["kat"]),
    ("ger", &["deu"]),
    ("gre", &["ell"]),
    ("ice", &["isl"]),
    ("mac", &["mkd"]),
    ("mao", &["mri"]),
    ("may", &["msa"]),
    ("per", &["fas"]),
    ("rum", &["ron"]),
    ("slo", &["slk"]),
    ("tib", &["bod"]),
    ("wel", &["cym"]),
    ("scr", &["hrv"]),
    ("scc", &["srp"]),
    ("jw", &["jav"]),
    ("hbo", &["heb"]),
    ("pa", &["pan"]),
    ("or", &["ori"]),
];

/// The installed language that a name means: Tesseract's own name (`eng`, `chi_sim`), else a tag of BCP 47 (`en`, `pt-BR`, `zh-Hant`;
/// also with underscores) by its language, script and region.
pub(super) fn installed_code(name: &str, installed: &[String]) -> Option<String> {
    // A POSIX locale has its encoding and modifier behind: `de_DE.UTF-8`, `sr_RS@latin`.
    let (name, modifier) = name.split_once('@').unwrap_or((name, ""));
    let name = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let find = |code: &str| installed.iter().find(|language| language.eq_ignore_ascii_case(code)).cloned();
    find(&name).or_else(|| {
        let mut tag = Tag::parse(&name)?;
        if modifier.eq_ignore_ascii_case("latin") {
            tag.script = Some("latn");
        }
        tag.codes().iter().find_map(|code| find(code))
    })
}

/// The parts of a language tag (RFC 5646, 2.1), in lower case, that determine how the language is written.
#[derive(Debug, Default)]
struct Tag<'a> {
    language: &'a str,
    script: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> Tag<'a> {
    /// Skips variants, extensions and private subtags, which do not determine the script, but only if they are well-formed.
    fn parse(text: &'a str) -> Option<Self> {
        let alphabetic = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let mut parts = text.split(['-', '_']);
        let language = parts.next().filter(|part| matches!(part.len(), 2 | 3) && alphabetic(part))?;
        let mut tag = Self { language, ..Self::default() };
        for (place, part) in parts.enumerate() {
            match part.len() {
                // An extended language takes the place of the one that it extends: `zh-yue`.
                3 if place == 0 && alphabetic(part) => tag.language = part,
                4 if alphabetic(part) && tag.script.is_none() && tag.region.is_none() => tag.script = Some(part),
                2 | 3 if tag.region.is_none() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                    tag.region = Some(part);
                }
                1..=8 if part.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {}
                _ => return None,
            }
        }
        Some(tag)
    }

    /// The names of models that the tag may mean, the best one first.
    fn codes(&self) -> Vec<String> {
        let others = |code: &str| {
            OTHER_CODES.iter().find(|(name, _)| *name == code).map_or(&[][..], |(_, others)| *others).iter().copied()
        };
        let own = if self.language.len() == 2 {
            Language::from_639_1(self.language).map(|language| language.to_639_3())
        } else {
            Some(self.language)
        };
        let mut languages: Vec<&str> = own.into_iter().chain(others(self.language)).collect();
        languages.extend(own.into_iter().flat_map(others));
        let mut codes = Vec::new();
        for language in languages {
            let script = self.script.or_else(|| (language == "zho").then(|| self.chinese_script()));
            let scripted = BY_SCRIPT.iter().filter(|(of, written, _)| *of == language && Some(*written) == script);
            codes.extend(scripted.map(|(_, _, code)| (*code).to_owned()));
            // In another script than the language's own data is for, it would be read wrong.
            let is_for_another = |written: &str| {
                BY_SCRIPT.iter().any(|(of, other, _)| *of == language && *other == written && *other != "latf")
            };
            if !script.is_some_and(is_for_another) {
                codes.push(language.to_owned());
            }
        }
        codes
    }

    fn chinese_script(&self) -> &'static str {
        let cantonese = self.language == "yue";
        let traditional = self.region.map_or(cantonese, |region| TRADITIONAL.contains(&region) || cantonese);
        if traditional { "hant" } else { "hans" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTALLED: [&str; 16] = [
        "eng", "deu", "por", "spa", "fra", "chi_sim", "chi_tra", "srp", "srp_latn", "uzb", "fil", "nor", "heb", "kmr",
        "deu_latf", "msa",
    ];

    fn resolve(tag: &str) -> Option<String> {
        installed_code(tag, &INSTALLED.map(str::to_owned))
    }

    #[test]
    fn tesseracts_own_names_are_understood_in_any_case() {
        for (name, code) in [("eng", "eng"), ("ENG", "eng"), ("chi_tra", "chi_tra"), ("deu_LATF", "deu_latf")] {
            assert_eq!(resolve(name).as_deref(), Some(code), "{name}");
        }
    }

    #[test]
    fn tags_with_script_and_region_are_understood() {
        for (tag, code) in [
            ("en", "eng"),
            ("zh", "chi_sim"),
            ("en-US", "eng"),
            ("en_US", "eng"),
            ("EN-gb", "eng"),
            ("en_US.UTF-8", "eng"),
            ("de-AT", "deu"),
            ("de-CH-1996", "deu"),
            ("de-Latn-DE", "deu"),
            ("de-Latf", "deu_latf"),
            ("ger", "deu"),
            ("pt-BR", "por"),
            ("es-419", "spa"),
            ("fre-CA", "fra"),
            ("zh-CN", "chi_sim"),
            ("zh_SG", "chi_sim"),
            ("zh-Hans", "chi_sim"),
            ("zh-Hans-HK", "chi_sim"),
            ("cmn-Hans-CN", "chi_sim"),
            ("zh-Hant", "chi_tra"),
            ("zh-TW", "chi_tra"),
            ("zh-Hant-TW", "chi_tra"),
            ("zh_HK", "chi_tra"),
            ("zh-yue", "chi_tra"),
            ("yue", "chi_tra"),
            ("sr", "srp"),
            ("sr-Cyrl-RS", "srp"),
            ("sr-Latn", "srp_latn"),
            ("sr_RS@latin", "srp_latn"),
            ("uz-Latn", "uzb"),
            ("fil", "fil"),
            ("fil-PH", "fil"),
            ("tl", "fil"),
            ("nb-NO", "nor"),
            ("nn", "nor"),
            ("no", "nor"),
            ("iw", "heb"),
            ("he-IL", "heb"),
            ("ku", "kmr"),
            ("ms-MY", "msa"),
            ("en-x-private", "eng"),
            ("en-u-ca-gregory", "eng"),
        ] {
            assert_eq!(resolve(tag).as_deref(), Some(code), "{tag}");
        }
    }

    #[test]
    fn a_script_that_is_not_installed_is_not_read_as_another() {
        let installed = ["srp", "chi_sim", "eng"].map(str::to_owned);
        for tag in ["zh-Hant", "zh-TW", "sr-Latn"] {
            assert_eq!(installed_code(tag, &installed), None, "{tag}");
        }
    }

    #[test]
    fn a_language_that_is_not_installed_and_a_malformed_tag_have_no_name() {
        for tag in ["ita", "xx", "../../etc/passwd", "it", "it-IT", "english", "e", "en-", "en--US", "-en", "1", ""] {
            assert_eq!(resolve(tag), None, "{tag}");
        }
    }
}
