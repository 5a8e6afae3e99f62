//! The routes of a listener, as the document says them that it serves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::{Listener, Stage};
use crate::contract::routes::shape;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// A route: the shape of its path, and its method.
pub type Route = (String, String);

/// What a document says of each route.
pub struct Document(BTreeMap<Route, Value>);

impl Document {
    /// The one of this listener.
    pub async fn of(stage: &Stage, listener: Listener) -> Self {
        Self::said(&stage.client(listener).get(listener.document()).await.body)
    }

    /// What this document says.
    pub fn said(document: &Value) -> Self {
        let paths = document["paths"].as_object().expect("the document has paths");
        let routes = |(path, item): (&String, &Value)| {
            let operations = METHODS.iter().filter_map(|method| Some((*method, item.get(method)?.clone())));
            let shape = shape(path);
            operations.map(move |(method, said)| ((shape.clone(), method.to_uppercase()), said)).collect::<Vec<_>>()
        };
        Self(paths.iter().flat_map(routes).collect())
    }

    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.0.keys()
    }

    /// The routes with a header among their parameters.
    pub fn reading(&self, header: &str) -> Vec<Route> {
        let reads = |said: &Value| {
            let parameters = said["parameters"].as_array().into_iter().flatten();
            parameters.into_iter().any(|known| known["in"] == "header" && known["name"] == header)
        };
        self.0.iter().filter(|(_, said)| reads(said)).map(|(route, _)| route.clone()).collect()
    }

    /// Whether a route reads a body.
    pub fn has_body(&self, route: &Route) -> bool {
        self.0.get(route).is_some_and(|said| said.get("requestBody").is_some())
    }
}
