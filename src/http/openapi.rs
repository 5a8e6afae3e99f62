//! The contract in OpenAPI 3.1, made from the route table, the handlers' own words, and the table of codes: a document for
//! each listener, of what is there.

mod at_the_gateway;
mod errors;
pub mod parameters;

use utoipa::{
    Modify, OpenApi,
    openapi::{
        HeaderBuilder, OpenApi as Contract, Ref, RefOr, Schema,
        path::{Operation, PathItem},
        request_body::RequestBody,
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    docs,
    routes::Documented,
    wire::error::{ErrorBody, RateLimitedBody, TanRequiredBody, WrongTanBody},
};

/// What the document says of the API as a whole; the routes are added to it.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tanager",
        description = "A bank-style TAN challenge service: the second factor beside or in front of a bank core.\n\n\
            Every reply with a status of 400 or more has a body with `code`, `hint` and maybe `detail`; clients branch on \
            `code`. Every path answers another method with 405/20 and every other path is 404/21. Every reply carries \
            `X-Request-Id` and `Cache-Control: no-store`. `GET /metrics` is on the operators' listener alone, where operators' \
            tokens are the only ones known.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    servers((url = "/", description = "This service.")),
    paths(docs::openapi_json, docs::docs),
    components(schemas(ErrorBody, RateLimitedBody, TanRequiredBody, WrongTanBody)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "public", description = "What anyone may read."),
        (name = "accounts", description = "An account, for its customer and for operators."),
        (name = "channels", description = "The ways in which an account proves itself."),
        (name = "challenges", description = "Asking for a proof, and giving it."),
        (name = "tokens", description = "Access tokens of an account."),
        (name = "operators", description = "What operators do; scope `admin`."),
        (name = "back channel", description = "A bank core that reserves and spends tokens itself; scope `service`.")
    )
)]
struct Whole;

/// The scheme by which callers are known.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, contract: &mut Contract) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("secret-token:…").description(Some(
                "`secret-token:` and 43 or more url-safe characters (RFC 8959). In identity mode `upstream`, customers \
                 call with their credential at the bank core, Bearer or Basic.",
            ));
        let components = contract.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
    }
}

/// The headers of replies.
const HEADERS: [(&str, Type, &str); 5] = [
    ("X-Request-Id", Type::String, "Names the request: the caller's own name for it, if it sent a sane one."),
    ("Retry-After", Type::Integer, "Seconds to wait before trying again; with every 429, every 503, and 10005."),
    ("WWW-Authenticate", Type::String, "`Bearer`."),
    ("TAN-Required", Type::String, "With 10002: the assurance that is asked for."),
    (
        "TAN-Warning",
        Type::String,
        "What is no longer possible, as nothing is left that it asks for: `no-factor-left; operations=\"transfer, closing\"`, \
         operations of the bank core, and `; more=3` when there are too many to name.",
    ),
];

/// The operations by which a channel goes.
const REMOVALS: [&str; 2] = ["remove_channel", "patch_account"];

/// The document of the API's listener: the whole of it.
#[must_use]
pub fn document() -> Contract {
    completed(routes())
}

/// The document of the gateway's listener: what is the service's own there.
#[must_use]
pub fn document_for_the_world() -> Contract {
    completed(at_the_gateway::narrowed(routes()))
}

fn routes() -> Contract {
    let mut contract = Whole::openapi();
    contract.merge(Documented::openapi());
    contract
}

/// Adds what is the same for every operation.
fn completed(mut contract: Contract) -> Contract {
    describe_headers(&mut contract);
    errors::describe(&mut contract);
    for operation in contract.paths.paths.values_mut().flat_map(operations) {
        let responses = operation.responses.responses.values_mut();
        for response in responses.filter_map(|response| if let RefOr::T(own) = response { Some(own) } else { None }) {
            response.headers.insert("X-Request-Id".to_owned(), RefOr::Ref(header("X-Request-Id")));
        }
        describe_warning(operation);
        operation.request_body.iter_mut().for_each(forbid_null);
    }
    contract
}

fn describe_headers(contract: &mut Contract) {
    let headers = &mut contract.components.get_or_insert_default().headers;
    for (name, kind, description) in HEADERS {
        let header = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind)));
        headers.insert(name.to_owned(), header.description(Some(description)).build().into());
    }
}

/// Says where `TAN-Warning` may stand.
fn describe_warning(operation: &mut Operation) {
    let removes = operation.operation_id.as_deref().is_some_and(|id| REMOVALS.contains(&id));
    if let Some(RefOr::T(done)) = operation.responses.responses.get_mut("204").filter(|_| removes) {
        done.headers.insert("TAN-Warning".to_owned(), RefOr::Ref(header("TAN-Warning")));
    }
}

/// Where the header `name` is described.
fn header(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// A body that may be left out is no body at all, and never `null`, as the library writes it.
fn forbid_null(body: &mut RefOr<RequestBody>) {
    let RefOr::T(body) = body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
            content.schema = either.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
        }
    }
}

#[cfg(test)]
mod tests;
