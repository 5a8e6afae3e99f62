//! Routes by method. A resource of the route table is `web::resource(path).route(method::get().to(…))…`: then another
//! method is 405 with `Allow`, where a handler mounted by its own path would be 404.

pub use actix_web::web::{delete, patch, post, put};
use actix_web::{
    Route,
    guard::{self, Guard as _},
    web,
};

/// A route for GET that answers HEAD too (RFC 9110 section 9.3.2); the server leaves the body of that answer out.
#[must_use]
pub fn get() -> Route {
    // Both are asked, always: a guard that fails is also what writes its method into `Allow`.
    web::route().guard(guard::fn_guard(|request| {
        let (get, head) = (guard::Get().check(request), guard::Head().check(request));
        get || head
    }))
}
