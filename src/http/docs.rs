//! `GET /openapi.json` and `GET /docs`: the contract as the program itself knows it, and a page to browse it.
//!
//! The page and all it needs come out of this binary; its policy lets a browser fetch nothing from elsewhere. All its
//! references are relative, so that it can be mounted under a prefix.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY},
    web::{self, Bytes},
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use super::{code::Code, error::ApiError, method};

const PAGE: &str = include_str!("docs/index.html");
const START: &str = include_str!("docs/start.js");
/// Styles are set by the page's script through the DOM, which needs no `unsafe-inline`; its icons are `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document, ready to be sent.
#[derive(Clone)]
pub struct Docs {
    json: Bytes,
}

impl Docs {
    /// Writes `document` down once.
    pub fn of(document: &OpenApi) -> Result<Self, serde_json::Error> {
        Ok(Self { json: document.to_json()?.into() })
    }

    /// Mounts `/openapi.json` and `/docs` with its files, each behind `prefix`.
    pub fn configure(&self, routes: &mut web::ServiceConfig, prefix: &str) {
        let at = |path: &str| format!("{prefix}{path}");
        routes
            .service(
                web::resource(at("/openapi.json"))
                    .app_data(web::Data::new(self.clone()))
                    .route(method::get().to(openapi_json)),
            )
            .service(web::resource(at("/docs")).route(method::get().to(docs)))
            .service(web::resource(at("/docs/{file}")).route(method::get().to(docs_file)));
    }
}

/// The contract of this service in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "public",
    security(()),
    responses((status = 200, description = "This document.", body = Object, content_type = "application/json"))
)]
pub async fn openapi_json(docs: web::Data<Docs>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(docs.json.clone())
}

/// A page to browse the contract with.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "public",
    security(()),
    responses((status = 200, description = "A page that shows this document.", body = String, content_type = "text/html"))
)]
pub async fn docs() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .body(PAGE)
}

async fn docs_file(file: web::Path<String>) -> Result<HttpResponse, ApiError> {
    match file.as_str() {
        "start.js" => Ok(HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(START)),
        carried @ ("swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png") => carried_file(carried),
        _ => Err(ApiError::new(Code::EndpointUnknown)),
    }
}

/// A file of Swagger UI, as the library carries it.
fn carried_file(name: &str) -> Result<HttpResponse, ApiError> {
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).ok().flatten();
    let file = file.ok_or(ApiError::new(Code::EndpointUnknown))?;
    let mut reply = HttpResponse::Ok();
    if file.gzpipped {
        reply.insert_header(("Content-Encoding", "gzip"));
    }
    Ok(reply.content_type(file.content_type).body(file.bytes.into_owned()))
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test};
    use utoipa::OpenApi as _;

    use super::*;

    #[derive(utoipa::OpenApi)]
    #[openapi(paths(openapi_json, docs))]
    struct Document;

    async fn fetched(path: &str) -> (u16, String, String, String) {
        let docs = Docs::of(&Document::openapi()).unwrap();
        let app = test::init_service(App::new().configure(|routes| docs.configure(routes, ""))).await;
        let reply = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let header = |name: &str| reply.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, kind, policy) =
            (reply.status().as_u16(), header("Content-Type"), header("Content-Security-Policy"));
        let body = String::from_utf8_lossy(&test::read_body(reply).await).into_owned();
        (status, kind, policy, body)
    }

    #[actix_web::test]
    async fn the_document_is_served_as_json() {
        let (status, kind, _, body) = fetched("/openapi.json").await;
        assert_eq!((status, kind.as_str()), (200, "application/json"));
        let document: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(
            document["paths"]["/docs"]["get"]["responses"]["200"]["description"],
            "A page that shows this document."
        );
    }

    #[actix_web::test]
    async fn the_page_names_nothing_elsewhere_and_every_file_it_names_is_there() {
        let (status, kind, policy, page) = fetched("/docs").await;
        assert_eq!((status, kind.as_str(), policy.as_str()), (200, "text/html; charset=utf-8", POLICY));
        assert!(!page.contains("//") && !START.contains("//"));
        let references: Vec<&str> = page.split(['"', '\'']).filter(|text| text.starts_with("docs/")).collect();
        assert_eq!(references.len(), 4, "{references:?}");
        for reference in references {
            let (status, kind, _, body) = fetched(&format!("/{reference}")).await;
            assert_eq!(status, 200, "{reference}");
            assert!(!kind.is_empty() && !body.is_empty(), "{reference}");
        }
    }

    #[actix_web::test]
    async fn other_files_are_not_served() {
        for path in ["/docs/", "/docs/index.html", "/docs/oauth2-redirect.html", "/docs/..%2Findex.html", "/docs/a/b"] {
            assert_eq!(fetched(path).await.0, 404, "{path}");
        }
    }
}
