use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_core::engines::EngineStatus;
use inkstream_wire::{ChatError, ChatModel, ChatModels, routes};

use crate::http::{Service, caller::Caller, extract::Path, failure::Failure};

/// Lists the models with their state, the default one first.
#[utoipa::path(get, path = routes::CHAT_MODELS, tag = "OpenAI's dialect", operation_id = "chat_models",
    responses(
        (status = 200, description = "The models", body = ChatModels),
        (status = 401, description = "No or a wrong key", body = ChatError),
    ))]
pub(in crate::http) async fn models(State(service): State<Arc<Service>>, _: Caller) -> Json<ChatModels> {
    list(&service).await
}

/// Lists the models, for clients whose base URL has no `/v1`.
#[utoipa::path(get, path = routes::MODELS, tag = "OpenAI's dialect", operation_id = "models",
    responses(
        (status = 200, description = "The models", body = ChatModels),
        (status = 401, description = "No or a wrong key", body = ChatError),
    ))]
pub(in crate::http) async fn plain_models(State(service): State<Arc<Service>>, _: Caller) -> Json<ChatModels> {
    list(&service).await
}

/// Returns one model. Its name may contain slashes, as they are or percent-encoded.
#[utoipa::path(get, path = routes::CHAT_MODEL, tag = "OpenAI's dialect", operation_id = "chat_model",
    params(("id" = String, Path, description = "The model's name, as the list has it")),
    responses(
        (status = 200, description = "The model", body = ChatModel),
        (status = 401, description = "No or a wrong key", body = ChatError),
        (status = 404, description = "There is no such model", body = ChatError),
    ))]
pub(in crate::http) async fn model(
    State(service): State<Arc<Service>>,
    _: Caller,
    Path(id): Path<String>,
) -> Result<Json<ChatModel>, Failure> {
    find(&service, &id).await
}

/// Returns one model, for clients whose base URL has no `/v1`.
#[utoipa::path(get, path = routes::MODEL, tag = "OpenAI's dialect", operation_id = "model",
    params(("id" = String, Path, description = "The model's name, as the list has it")),
    responses(
        (status = 200, description = "The model", body = ChatModel),
        (status = 401, description = "No or a wrong key", body = ChatError),
        (status = 404, description = "There is no such model", body = ChatError),
    ))]
pub(in crate::http) async fn plain_model(
    State(service): State<Arc<Service>>,
    _: Caller,
    Path(id): Path<String>,
) -> Result<Json<ChatModel>, Failure> {
    find(&service, &id).await
}

async fn find(service: &Service, id: &str) -> Result<Json<ChatModel>, Failure> {
    let engine = service.runs.engines.choose(Some(id))?.status(&*service.runs.clock).await;
    Ok(Json(chat_model(engine, service.runs.clock.now().as_second())))
}

async fn list(service: &Service) -> Json<ChatModels> {
    let created = service.runs.clock.now().as_second();
    let engines = service.runs.engines.statuses(&*service.runs.clock).await;
    let data = engines.into_iter().map(|engine| chat_model(engine, created)).collect();
    Json(ChatModels { object: "list".to_owned(), data })
}

fn chat_model(engine: EngineStatus, created: i64) -> ChatModel {
    ChatModel {
        id: engine.info.identity.model,
        object: "model".to_owned(),
        created,
        owned_by: "inkstream".to_owned(),
        state: engine.condition,
        since: engine.since.to_string(),
        profile: engine.info.identity.profile,
    }
}
