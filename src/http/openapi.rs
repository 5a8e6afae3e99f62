//! The contract in OpenAPI 3.1, made from the route table, the handlers' own words, and the table of codes.

mod errors;
pub mod parameters;

use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Contract,
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
            `X-Request-Id` and `Cache-Control: no-store`. `GET /metrics` is on the operators' listener alone.",
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
        (name = "operators", description = "What operators do; scope `admin`.")
    )
)]
struct Whole;

/// The scheme by which callers are known.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, contract: &mut Contract) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("secret-token:…")
            .description(Some("`secret-token:` and 43 or more url-safe characters (RFC 8959)."));
        let components = contract.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
    }
}

/// The whole document.
#[must_use]
pub fn document() -> Contract {
    let mut contract = Whole::openapi();
    contract.merge(Documented::openapi());
    errors::describe(&mut contract);
    contract
}

#[cfg(test)]
mod tests;
