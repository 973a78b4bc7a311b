//! Answers, and what an answer that is none says.

use gloo_net::http::Response;
use inkstream_wire::Problem;
use serde::de::DeserializeOwned;

use super::call::Call;
use crate::state::Failure;

/// Fetches `url` as JSON.
pub(super) async fn get<T: DeserializeOwned>(url: &str) -> Result<T, Failure> {
    json(Call::get(url).send().await?).await
}

/// The answer if it is a good one, else why not.
pub(super) async fn sent(answer: Result<Response, gloo_net::Error>) -> Result<Response, Failure> {
    let response = answer.map_err(|_| Failure::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let status = response.status();
    let seconds = response.headers().get("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    match response.json::<Problem>().await {
        Ok(problem) => Err(Failure::Problem(Box::new(problem), seconds)),
        Err(_) => Err(Failure::Answer(status)),
    }
}

/// The answer's JSON. One that cannot be read was cut off, or is not the server's.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    response.json().await.map_err(|_| Failure::Broken)
}
