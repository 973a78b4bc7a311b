//! Error answers of servers.

use serde_json::json;

use super::Script;

impl Script {
    /// 401, as vLLM answers an invalid key.
    pub fn unauthorized() -> Self {
        Self::error(401, &json!({"error": "Unauthorized"}))
    }

    /// 404, as vLLM answers for an unknown model.
    pub fn model_not_found(model: &str) -> Self {
        let message = format!("The model `{model}` does not exist.");
        Self::error(
            404,
            &json!({"error": {"message": message, "type": "NotFoundError", "param": "model", "code": 404}}),
        )
    }

    /// 429, as `OpenAI` answers too many requests. `retry_after` is in seconds.
    pub fn too_many_requests(retry_after: Option<u64>) -> Self {
        let error = json!({"message": "Rate limit reached for requests", "type": "requests", "param": null,
            "code": "rate_limit_exceeded"});
        let script = Self::error(429, &json!({"error": error}));
        match retry_after {
            Some(seconds) => script.header("retry-after", &seconds.to_string()),
            None => script,
        }
    }

    /// 500, as vLLM answers if its engine has failed.
    pub fn failed() -> Self {
        let error = json!({"message": "EngineCore encountered an issue.", "type": "InternalServerError", "param": null,
            "code": 500});
        Self::error(500, &json!({"error": error}))
    }

    /// 503, as a proxy answers without an engine.
    pub fn unavailable() -> Self {
        Self::other(503, "text/html", "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>")
    }
}
