//! The identity mode `upstream` (`api.md` section 2): a bank core on this machine says who is calling.

mod accounts;
mod answers;
pub mod bank_core;
mod gateway;
mod local;
mod names;
mod program;

use reqwest::Method;
use serde_json::Value;

use self::bank_core::Core;
use crate::app::{Answer, TestApp, Wish};

/// A service whose customers this bank core knows; `more` stands behind its lines of `[identity]`.
async fn served_by(core: &Core, more: &str) -> TestApp {
    TestApp::start_with(Wish { more: format!("[identity]\n{}{more}", core.settings()), ..Wish::default() }).await
}

/// A request with exactly this `Authorization`.
async fn call(app: &TestApp, method: Method, path: &str, authorization: &str, body: Option<Value>) -> Answer {
    let headers = [("Authorization", authorization)];
    app.stranger().send(method, path, &headers, body.map(|body| body.to_string())).await
}

async fn get(app: &TestApp, path: &str, authorization: &str) -> Answer {
    call(app, Method::GET, path, authorization, None).await
}
