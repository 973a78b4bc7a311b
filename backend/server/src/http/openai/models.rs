use std::sync::Arc;

use axum::{Json, extract::State};
use inkstream_wire::{ChatError, ChatModel, ChatModels, routes};

use crate::http::{Service, caller::Caller};

/// Lists the models, the default one first.
#[utoipa::path(get, path = routes::CHAT_MODELS, tag = "OpenAI's dialect", operation_id = "chat_models",
    responses(
        (status = 200, description = "The models", body = ChatModels),
        (status = 401, description = "No or a wrong key", body = ChatError),
    ))]
pub(in crate::http) async fn models(State(service): State<Arc<Service>>, _: Caller) -> Json<ChatModels> {
    list(&service)
}

/// Lists the models, for clients whose base address has no `/v1`.
#[utoipa::path(get, path = routes::MODELS, tag = "OpenAI's dialect", operation_id = "models",
    responses(
        (status = 200, description = "The models", body = ChatModels),
        (status = 401, description = "No or a wrong key", body = ChatError),
    ))]
pub(in crate::http) async fn plain_models(State(service): State<Arc<Service>>, _: Caller) -> Json<ChatModels> {
    list(&service)
}

fn list(service: &Service) -> Json<ChatModels> {
    let created = service.app.clock.now().as_second();
    let model = |id: &str| ChatModel {
        id: id.to_owned(),
        object: "model".to_owned(),
        created,
        owned_by: "inkstream".to_owned(),
    };
    let data = service.app.engines.all().iter().map(|engine| model(&engine.info().model)).collect();
    Json(ChatModels { object: "list".to_owned(), data })
}
