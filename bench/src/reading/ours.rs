//! Reads pages with an engine of Inkstream.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use inkstream_wire::{EventBody, NdjsonDecoder, OcrEvent};
use serde::Deserialize;
use std::time::Instant;

use super::{Reading, cells, truth::Page};
use crate::{client, services::Service};

/// What is used of the answer of `/v1/models`.
#[derive(Debug, Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Debug, Deserialize)]
struct Model {
    id: String,
}

/// What is used of the answer of `/health`.
#[derive(Debug, Deserialize)]
struct Health {
    engines: Vec<Engine>,
}

#[derive(Debug, Deserialize)]
struct Engine {
    model: String,
    #[serde(default)]
    languages: Vec<String>,
}

/// The names of the service's engines.
pub(crate) async fn engines(service: &Service) -> Result<Vec<String>> {
    let models: Models = get(service, "/v1/models").await?;
    Ok(models.data.into_iter().map(|model| model.id).collect())
}

/// The languages that the service lists for an engine.
pub(crate) async fn languages(service: &Service, engine: &str) -> Result<Vec<String>> {
    let health: Health = get(service, "/health").await?;
    let found = health.engines.into_iter().find(|found| found.model == engine);
    Ok(found.map(|found| found.languages).unwrap_or_default())
}

async fn get<T: for<'a> Deserialize<'a>>(service: &Service, path: &str) -> Result<T> {
    let reply = client::send(service.address(), &client::get(path)).await?.reply().await?;
    serde_json::from_slice(&reply.whole().await?).with_context(|| format!("the answer of {path}"))
}

/// Those of the languages joined by `+` that are installed; `None` if there is none, so that the program's default applies.
pub(crate) fn installed(wanted: Option<&str>, installed: &[String]) -> Option<String> {
    let has = |language: &&str| installed.iter().any(|other| other == language);
    let languages: Vec<&str> = wanted?.split('+').filter(has).collect();
    (!languages.is_empty()).then(|| languages.join("+"))
}

/// Reads a page. What fails is in the reading's `error`.
pub(crate) async fn read(service: &Service, engine: &str, page: &Page, language: Option<&str>) -> Reading {
    let begin = Instant::now();
    let mut reading = Reading::default();
    if let Err(error) = fold(service, engine, &page.path, language, &mut reading).await {
        reading.error = Some(format!("{error:#}"));
        reading.seconds = begin.elapsed().as_secs_f64();
    }
    reading
}

async fn fold(
    service: &Service,
    engine: &str,
    path: &Path,
    language: Option<&str>,
    reading: &mut Reading,
) -> Result<()> {
    let file = tokio::fs::read(path).await?;
    let route = if file.starts_with(b"%PDF") { "/api/ocr/pdf" } else { "/api/ocr/image" };
    let mut fields = vec![("model", engine), ("content", "true"), ("boxes", "true"), ("store", "false")];
    fields.extend(language.map(|language| ("language", language)));
    let sent = client::send(service.address(), &client::upload(route, &fields, "page", &file)).await?;
    let begin = Instant::now();
    let mut reply = sent.reply().await?;
    let (mut decoder, mut events) = (NdjsonDecoder::default(), Vec::new());
    let mut ended = false;
    while reply.read(|bytes| events.extend(decoder.push::<OcrEvent>(bytes))).await? {
        for event in events.drain(..) {
            ended |= add(event?.body, reading);
        }
    }
    reading.seconds = begin.elapsed().as_secs_f64();
    ensure!(ended, "the stream ends without an end");
    Ok(())
}

/// Adds what an event tells. Returns whether it is the last one.
fn add(event: EventBody, reading: &mut Reading) -> bool {
    match event {
        EventBody::Start(start) => reading.rotation = start.rotation,
        EventBody::PageStart(start) => reading.rotation = start.rotation,
        EventBody::Delta { delta, .. } | EventBody::PageDelta { delta, .. } => reading.text.push_str(&delta),
        EventBody::Reset(reset) | EventBody::PageReset { reset, .. } => {
            reading.text.clear();
            reading.rotation = reset.rotation;
        }
        EventBody::PageEnd(end) => add_end(end.confidence, end.boxes, end.content.as_deref(), reading),
        EventBody::PageError { error, .. } => reading.error = Some(error.message),
        EventBody::Error { error } => {
            reading.error = Some(error.message);
            return true;
        }
        EventBody::End(end) => {
            add_end(end.confidence, end.boxes, end.content.as_deref(), reading);
            return true;
        }
        EventBody::Queued { .. } | EventBody::Heartbeat => {}
    }
    false
}

fn add_end(
    confidence: Option<f32>,
    boxes: Option<Vec<inkstream_wire::TextBox>>,
    content: Option<&inkstream_content::PageContent>,
    reading: &mut Reading,
) {
    reading.confidence = confidence.map(f64::from).or(reading.confidence);
    let words = boxes.into_iter().flatten().filter(|found| found.kind == inkstream_wire::BoxKind::Word);
    reading.words.extend(words.filter_map(|word| Some((word.text, f64::from(word.confidence?)))));
    reading.tables.extend(content.map(cells::of_content).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[&str]) -> (Reading, bool) {
        let mut reading = Reading::default();
        let ends: Vec<bool> = events
            .iter()
            .map(|event| add(serde_json::from_str::<OcrEvent>(event).unwrap().body, &mut reading))
            .collect();
        (reading, ends.last().copied().unwrap_or_default())
    }

    #[test]
    fn a_reset_discards_the_text_before_it() {
        let (reading, _) = read(&[
            r#"{"type":"delta","delta":"wrong"}"#,
            r#"{"type":"reset","reason":"failed","model":"m","width":1,"height":1,"rotation":90}"#,
            r#"{"type":"delta","delta":"right"}"#,
        ]);
        assert_eq!((reading.text.as_str(), reading.rotation), ("right", Some(90)));
    }

    #[test]
    fn a_failed_page_keeps_its_reason() {
        let (reading, ended) =
            read(&[r#"{"type":"page_error","page":1,"error":{"code":"engine_failed","message":"it broke"}}"#]);
        assert_eq!((reading.error.as_deref(), ended), (Some("it broke"), false));
    }

    #[test]
    fn only_installed_languages_are_requested() {
        let have = ["eng".to_owned(), "deu".to_owned()];
        assert_eq!(installed(Some("eng+fra+deu"), &have).as_deref(), Some("eng+deu"));
        assert_eq!(installed(Some("srp"), &have), None);
        assert_eq!(installed(None, &have), None);
    }
}
