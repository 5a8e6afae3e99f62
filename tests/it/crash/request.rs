//! Requests that the service may not live to answer.

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::app::{Answer, Customer};

/// A request that the service may not live to answer.
pub struct Request {
    method: Method,
    rest: String,
    headers: Vec<(&'static str, String)>,
    body: serde_json::Value,
}

impl Request {
    pub fn challenge() -> Self {
        let rest = "/tan/challenge/sms".to_owned();
        Self { method: Method::POST, rest, headers: Vec::new(), body: json!({}) }
    }

    pub fn confirm(id: &str, tan: &str) -> Self {
        let rest = format!("/tan/challenge/{id}/confirm");
        Self { method: Method::POST, rest, headers: Vec::new(), body: json!({"tan": tan}) }
    }

    pub fn retransmit(id: &str) -> Self {
        let rest = format!("/tan/challenge/{id}/retransmit");
        Self { method: Method::POST, rest, headers: Vec::new(), body: json!({}) }
    }

    pub fn enrol(channel: &str, token: &str) -> Self {
        let rest = format!("/tan/{channel}");
        Self { method: Method::POST, rest, headers: Vec::new(), body: json!({}) }.with("tan-token", token)
    }

    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    /// `None`: the connection broke.
    pub fn begin(self, customer: &Customer) -> JoinHandle<Option<Answer>> {
        let (client, path) = (customer.client.clone(), customer.path(&self.rest));
        tokio::spawn(async move {
            let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            client.attempt(self.method, &path, &headers, Some(self.body.to_string())).await.ok()
        })
    }
}
