//! Recognizes the text of a line. The network gives the probability of each character at each step of eight pixels.

use image::GrayImage;

use super::{crop::HEIGHT, normalized};
use crate::neural::{Network, Tensor};

/// The width of a step in pixels of the line's image.
const STEP: u32 = 8;
/// The minimum width of the network's input in pixels.
const MIN_WIDTH: u32 = 48;
/// The value of the padding to the right of a line: grey.
const PADDING: f32 = 0.0;
/// The class that means "no character here".
const BLANK: usize = 0;
/// The name of the metadata that lists the characters, one a line.
const CHARACTERS: &str = "character";

/// The characters of the network's classes.
pub(super) struct Alphabet(Vec<String>);

impl Alphabet {
    /// The alphabet of a model: the listed characters, and a space as the last class.
    pub(super) fn from_network(network: &dyn Network) -> Result<Self, String> {
        let listed = network.metadata(CHARACTERS).ok_or("the recognition model lists no characters")?;
        let characters = listed.split('\n').map(str::to_owned).filter(|character| !character.is_empty());
        Ok(Self(characters.chain([" ".to_owned()]).collect()))
    }

    fn character(&self, class: usize) -> Option<&str> {
        self.0.get(class.checked_sub(1)?).map(String::as_str)
    }
}

/// The text of a line, character by character.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) characters: Vec<Character>,
    /// The number of steps of the line.
    steps: f32,
}

/// A character with the steps at which the network saw it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Character {
    pub(super) text: String,
    /// 0 to 1.
    pub(super) probability: f32,
    /// The middle of its steps, as a part of the line's length from 0 to 1.
    pub(super) position: f32,
}

/// A word with its part of the line's length, from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadWord {
    pub(super) text: String,
    pub(super) start: f32,
    pub(super) end: f32,
    /// 0 to 1.
    pub(super) probability: f32,
}

impl Reading {
    /// The mean probability of the characters; 0 without any.
    pub(super) fn probability(&self) -> f32 {
        mean(&self.characters)
    }

    /// The number of characters a step.
    pub(super) fn density(&self) -> f32 {
        self.characters.len() as f32 / self.steps.max(1.0)
    }

    /// The words, which spaces separate. A word extends by half a character beyond the middle of its first and last one, because the
    /// network marks the middle of a character.
    pub(super) fn words(&self) -> Vec<ReadWord> {
        let half = self.character_width() / 2.0;
        let words = self.characters.split(|character| character.text.trim().is_empty());
        words
            .filter_map(|word| {
                let (first, last) = (word.first()?, word.last()?);
                Some(ReadWord {
                    text: word.iter().map(|character| character.text.as_str()).collect(),
                    start: (first.position - half).max(0.0),
                    end: (last.position + half).min(1.0),
                    probability: mean(word),
                })
            })
            .collect()
    }

    /// The mean distance of two characters, as a part of the line's length.
    fn character_width(&self) -> f32 {
        match (self.characters.first(), self.characters.last()) {
            (Some(first), Some(last)) if self.characters.len() > 1 => {
                (last.position - first.position) / (self.characters.len() - 1) as f32
            }
            _ => 1.0,
        }
    }
}

fn mean(characters: &[Character]) -> f32 {
    let sum: f32 = characters.iter().map(|character| character.probability).sum();
    sum / characters.len().max(1) as f32
}

/// Recognizes a line of the network's height.
pub(super) fn reading(network: &dyn Network, alphabet: &Alphabet, line: &GrayImage) -> Result<Reading, String> {
    let width = line.width().max(MIN_WIDTH).next_multiple_of(STEP);
    let mut input = vec![PADDING; (width * HEIGHT) as usize];
    for (row, pixels) in input.chunks_exact_mut(width as usize).zip(line.as_raw().chunks_exact(line.width() as usize)) {
        row.iter_mut().zip(pixels).for_each(|(value, grey)| *value = normalized(*grey));
    }
    let output = network.run_one(Tensor::of_grey(width as usize, HEIGHT as usize, &input))?;
    decode(&output, alphabet, width as f32 / line.width() as f32)
}

/// The most probable character of each step, without repetitions and blanks: greedy decoding of connectionist temporal classification
/// (Graves et al., 2006). `padded` is the ratio of the network's input to the line.
fn decode(output: &Tensor, alphabet: &Alphabet, padded: f32) -> Result<Reading, String> {
    let &[1, steps, classes] = &output.shape[..] else {
        return Err(format!("the recognition model's output has the shape {:?}", output.shape));
    };
    if classes != alphabet.0.len() + 1 {
        return Err(format!("the recognition model has {classes} classes and {} characters", alphabet.0.len()));
    }
    let mut characters: Vec<Character> = Vec::new();
    let mut before = BLANK;
    let mut first = 0;
    for (step, probabilities) in output.values.chunks_exact(classes).enumerate() {
        let (class, probability) = largest(probabilities);
        if class != before {
            first = step;
        }
        let position = ((first + step + 1) as f32 / 2.0 / steps as f32 * padded).min(1.0);
        match characters.last_mut() {
            Some(open) if class == before && class != BLANK => {
                open.position = position;
                open.probability = open.probability.max(probability);
            }
            _ => characters.extend(alphabet.character(class).map(|text| Character {
                text: text.to_owned(),
                probability,
                position,
            })),
        }
        before = class;
    }
    Ok(Reading { characters, steps: steps as f32 / padded })
}

fn largest(values: &[f32]) -> (usize, f32) {
    values.iter().copied().enumerate().fold(
        (BLANK, f32::MIN),
        |best, (class, value)| {
            if value > best.1 { (class, value) } else { best }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet() -> Alphabet {
        Alphabet(["a", "b", "ß", " "].map(str::to_owned).to_vec())
    }

    /// The output of a network that is sure of one class at each step.
    fn output(classes: &[usize]) -> Tensor {
        let values = classes.iter().flat_map(|class| (0..5).map(move |other| if other == *class { 0.9 } else { 0.02 }));
        Tensor { shape: vec![1, classes.len(), 5], values: values.collect() }
    }

    fn text(classes: &[usize]) -> String {
        let reading = decode(&output(classes), &alphabet(), 1.0).unwrap();
        reading.characters.into_iter().map(|character| character.text).collect()
    }

    #[test]
    fn repetitions_are_one_character_unless_a_blank_is_between_them() {
        assert_eq!(text(&[0, 1, 1, 0, 1, 2, 2, 4, 3, 0]), "aab ß");
        assert_eq!(text(&[0, 0, 0]), "");
    }

    #[test]
    fn words_have_their_place_in_the_line() {
        let reading = decode(&output(&[1, 0, 2, 0, 4, 0, 3, 0, 1, 0]), &alphabet(), 1.0).unwrap();
        let words = reading.words();
        let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["ab", "ßa"]);
        let (first, second) = (&words[0], &words[1]);
        assert!(first.start < 0.01 && (first.end - 0.35).abs() < 0.01, "{first:?}");
        assert!((second.start - 0.55).abs() < 0.01 && (second.end - 0.95).abs() < 0.01, "{second:?}");
        assert!((first.probability - 0.9).abs() < 1e-6);
        assert!((reading.density() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn padding_does_not_move_words() {
        let reading = decode(&output(&[1, 0, 0, 0]), &alphabet(), 2.0).unwrap();
        assert!((reading.characters[0].position - 0.25).abs() < 1e-6, "{reading:?}");
        assert!((reading.density() - 0.5).abs() < 1e-6, "{reading:?}");
    }

    #[test]
    fn an_output_of_another_shape_is_an_error() {
        let wrong = Tensor { shape: vec![1, 2, 4], values: vec![0.0; 8] };
        assert!(decode(&wrong, &alphabet(), 1.0).is_err());
        assert!(decode(&Tensor { shape: vec![2, 4], values: vec![0.0; 8] }, &alphabet(), 1.0).is_err());
    }
}
