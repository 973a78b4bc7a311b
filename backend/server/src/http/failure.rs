//! Maps errors to HTTP and logs them once: `application/problem+json`, or `OpenAI`'s JSON on the routes of its API.
//!
//! A handler returns a [`Failure`], which becomes an extension of the response. The layer [`write_problems`] writes the body,
//! because only there the request's id is known. It also turns axum's own refusals (no route, wrong method) into problems.

use std::{any::Any, error::Error as StdError, fmt::Write, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use inkstream_core::Error;
use inkstream_wire::{ErrorCode, Problem};
use serde::Serialize;

use super::{auth, observe, openai};

const MEDIA_TYPE: &str = "application/problem+json";

/// An error that a handler returns.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Error);

impl Failure {
    pub(super) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Error::new(code, detail))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// The response when a handler panics. The panic's message may hold anything, so it is not repeated; the panic hook has logged
/// it.
pub(super) fn on_panic(_: Box<dyn Any + Send>) -> Response {
    Failure(Error::internal("a handler panicked")).into_response()
}

/// Writes the body of a response that failed.
pub(super) async fn write_problems(request: Request, next: Next) -> Response {
    let id = observe::request_id(&request).to_owned();
    let openai = openai::is_openai_route(request.uri().path());
    let oauth2 = auth::is_token_route(request.uri().path());
    let mut response = next.run(request).await;
    let error = match response.extensions_mut().remove::<Arc<Error>>() {
        Some(error) => error,
        None if response.status().is_client_error() || response.status().is_server_error() => {
            Arc::new(error_of_status(response.status()))
        }
        None => return response,
    };
    log(&error);
    match (openai, oauth2) {
        (true, _) => write_openai(response, &error),
        (_, true) => {
            let problem = auth::token_problem(problem(&response, &error, id));
            write(response, &error, MEDIA_TYPE, &problem)
        }
        _ => {
            let problem = problem(&response, &error, id);
            write(response, &error, MEDIA_TYPE, &problem)
        }
    }
}

fn write_openai(mut response: Response, error: &Error) -> Response {
    if let Some(status) = openai::error_status(error.code) {
        *response.status_mut() = status;
    }
    write(response, error, "application/json", &openai::error_body(error))
}

fn problem(response: &Response, error: &Error, request_id: String) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        title: error.code.title().to_owned(),
        status: response.status().as_u16(),
        detail: error.detail.clone(),
        code: error.code,
        request_id,
    }
}

fn write(response: Response, error: &Error, media_type: &'static str, body: &impl Serialize) -> Response {
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    head.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if error.code == ErrorCode::Unauthorized {
        head.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = error.retry_after.or((error.code == ErrorCode::Unavailable).then_some(5)) {
        head.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    Response::from_parts(head, Body::from(serde_json::to_vec(body).unwrap_or_default()))
}

/// The error of a response that axum or a layer made.
fn error_of_status(status: StatusCode) -> Error {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (ErrorCode::NotFound, "Nothing has this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            (ErrorCode::MethodNotAllowed, "This address does not take this method; `allow` names those it does.")
        }
        StatusCode::REQUEST_TIMEOUT => (ErrorCode::BodyTimeout, "The body came too slowly."),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::TooLarge, "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (ErrorCode::UnsupportedMediaType, "This route takes another media type."),
        status if status.is_client_error() => (ErrorCode::BadRequest, "The request cannot be understood."),
        _ => return Error::internal(format!("a layer answered {status}")),
    };
    Error::new(code, detail)
}

/// Logs an error that is returned to the caller. `Unavailable` without a cause means that the server is full, starting or
/// stopping. That is normal operation, so it is logged as information.
pub(super) fn log(error: &Error) {
    match error.code {
        ErrorCode::Unavailable if error.cause.is_none() => {
            tracing::info!(code = %error.code, detail = error.detail, "request turned away");
        }
        ErrorCode::Unavailable => {
            tracing::warn!(code = %error.code, cause = causes(error), "request turned away");
        }
        code if code.status() >= 500 => tracing::error!(%code, cause = causes(error), "request failed"),
        code => tracing::debug!(%code, cause = causes(error), "request refused"),
    }
}

/// Joins the chain of private causes, outermost first; `None`, which tracing leaves out, if there is none.
fn causes(error: &Error) -> Option<String> {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(text, "{}{cause}", if text.is_empty() { "" } else { ": " });
        next = cause.source();
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::{
        Event, Level, Subscriber,
        field::{Field, Visit},
    };
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt as _},
    };

    use super::*;

    struct Levels(Arc<Mutex<Vec<Level>>>);

    impl<S: Subscriber> Layer<S> for Levels {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.lock().unwrap().push(*event.metadata().level());
        }
    }

    fn logged(error: &Error) -> Vec<Level> {
        let levels = Arc::new(Mutex::new(Vec::new()));
        let subscriber = tracing_subscriber::registry().with(Levels(Arc::clone(&levels)));
        tracing::subscriber::with_default(subscriber, || log(error));
        let levels = levels.lock().unwrap();
        levels.clone()
    }

    /// Collects the causes that are logged.
    #[derive(Clone, Default)]
    struct Causes(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Causes {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            event.record(&mut self.clone());
        }
    }

    impl Visit for Causes {
        fn record_str(&mut self, field: &Field, value: &str) {
            if field.name() == "cause" {
                self.0.lock().unwrap().push(value.to_owned());
            }
        }

        fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
    }

    #[test]
    fn an_error_without_a_cause_is_logged_without_that_field() {
        let causes = Causes::default();
        let subscriber = tracing_subscriber::registry().with(causes.clone());
        tracing::subscriber::with_default(subscriber, || {
            log(&Error::new(ErrorCode::EngineFailed, "It broke."));
            log(&Error::new(ErrorCode::EngineFailed, "It broke.").because("the engine answered 500"));
        });
        assert_eq!(*causes.0.lock().unwrap(), ["the engine answered 500"]);
    }

    #[test]
    fn a_full_server_is_not_logged_as_an_error_and_each_failure_is_logged_once() {
        let full = || Error::new(ErrorCode::Unavailable, "The queue is full.").retry_after(5);
        assert_eq!(logged(&full()), [Level::INFO]);
        assert_eq!(logged(&full().because("the database is locked")), [Level::WARN]);
        assert_eq!(logged(&Error::new(ErrorCode::EngineFailed, "It broke.")), [Level::ERROR]);
        assert_eq!(logged(&Error::internal("a defect")), [Level::ERROR]);
        assert_eq!(logged(&Error::new(ErrorCode::NotFound, "Nothing is there.")), [Level::DEBUG]);
    }
}
