use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{ChatError, ChatModel, ChatModels, EngineState, routes};

use crate::http::{Service, caller::Caller};

/// Lists the models with their state, the default one first.
#[utoipa::path(get, path = routes::CHAT_MODELS, tag = "OpenAI's dialect", operation_id = "chat_models",
    responses(
        (status = 200, description = "The models", body = ChatModels),
        (status = 401, description = "No or a wrong key", body = ChatError),
    ))]
pub(in crate::http) async fn models(State(service): State<Arc<Service>>, _: Caller) -> Json<ChatModels> {
    list(&service).await
}

/// Lists the models, for clients whose base address has no `/v1`.
#[utoipa::path(get, path = routes::MODELS, tag = "OpenAI's dialect", operation_id = "models",
    responses(
        (status = 200, description = "The models", body = ChatModels),
        (status = 401, description = "No or a wrong key", body = ChatError),
    ))]
pub(in crate::http) async fn plain_models(State(service): State<Arc<Service>>, _: Caller) -> Json<ChatModels> {
    list(&service).await
}

async fn list(service: &Service) -> Json<ChatModels> {
    let created = service.app.clock.now().as_second();
    let model = |engine: EngineState| ChatModel {
        id: engine.model,
        object: "model".to_owned(),
        created,
        owned_by: "inkstream".to_owned(),
        state: engine.state,
        since: engine.since,
        profile: engine.profile,
    };
    let engines = service.app.engines.states(&*service.app.clock).await;
    Json(ChatModels { object: "list".to_owned(), data: engines.into_iter().map(model).collect() })
}
