//! The identity modes `upstream` and `introspection` (`api.md` section 2): a bank core or an authorization server on this
//! machine says who is calling.

mod accounts;
mod answers;
mod api_tokens;
pub mod bank_core;
mod breaker;
mod gateway;
mod introspection;
mod local;
mod memory;
mod names;
mod program;
mod provider;

use reqwest::Method;
use serde_json::Value;

use self::bank_core::Core;
use crate::app::{Answer, TestApp, Wish};

/// A service whose customers this bank core knows, and which remembers no answer; `more` stands behind its lines of
/// `[identity]`.
async fn served_by(core: &Core, more: &str) -> TestApp {
    remembering("0 s", core, more).await
}

/// The same that remembers a yes for so long.
async fn remembering(remember: &str, core: &Core, more: &str) -> TestApp {
    let more = format!("[identity]\n{}remember = \"{remember}\"\n{more}", core.settings());
    TestApp::start_with(Wish { more, ..Wish::default() }).await
}

/// A request with exactly this `Authorization`.
async fn call(app: &TestApp, method: Method, path: &str, authorization: &str, body: Option<Value>) -> Answer {
    let headers = [("Authorization", authorization)];
    app.stranger().send(method, path, &headers, body.map(|body| body.to_string())).await
}

async fn get(app: &TestApp, path: &str, authorization: &str) -> Answer {
    call(app, Method::GET, path, authorization, None).await
}
