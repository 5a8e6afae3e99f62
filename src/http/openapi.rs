//! The document.
use utoipa::OpenApi as _;

#[derive(utoipa::OpenApi)]
#[openapi(paths(super::docs::openapi_json, super::docs::docs))]
struct Document;

pub(super) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
