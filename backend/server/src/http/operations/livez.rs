use inkstream_wire::routes;

/// The process lives.
#[utoipa::path(get, path = routes::LIVEZ, tag = "Operations", operation_id = "livez",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
pub(in crate::http) async fn livez() -> &'static str {
    "ok\n"
}
