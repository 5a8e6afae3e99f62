//! Sessions that prove themselves once and for a while, and API tokens that are asked for no TAN (section 7): what each
//! passes, what it never does, and when it ends.

mod api_tokens;
mod ends;
mod foreign;
mod gateway;
mod instances;
mod last_use;
mod makers;
mod step_up;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, Client, Customer, TestApp},
    contract::with_token,
};

/// Steps the session of `client` up, for this customer's account; an empty token is none.
async fn step_up(client: &Client, customer: &Customer, token: &str) -> Answer {
    with_token(client, Method::POST, &customer.path("/session/step-up"), token, None).await
}

/// A customer's own session, stepped up by SMS.
async fn stepped_up(app: &TestApp, customer: &Customer) -> Answer {
    let token = customer.token(app).await;
    let answer = step_up(&customer.client, customer, &token).await;
    assert_eq!((answer.status.as_u16(), &answer.body["mfa"]), (200, &json!(true)), "{answer:?}");
    answer
}

/// The access tokens of an account, in the order in which they were made.
async fn rows(client: &Client, customer: &Customer) -> Vec<Value> {
    let listed = client.get(&customer.path("/tokens")).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    listed.body["tokens"].as_array().unwrap().clone()
}

/// How far each of them has proven itself.
async fn mfa(client: &Client, customer: &Customer) -> Vec<Value> {
    rows(client, customer).await.into_iter().map(|row| row["mfa"].clone()).collect()
}

/// An API token of an account, made with a one-shot token by SMS that is bound to that.
async fn api_token(app: &TestApp, customer: &Customer, wish: Value) -> Answer {
    let refused = customer.client.post(&customer.path("/token"), wish.clone()).await;
    let token = customer.token_for(app, &refused).await;
    let made = with_token(&customer.client, Method::POST, &customer.path("/token"), &token, Some(wish)).await;
    assert_eq!((made.status.as_u16(), &made.body["mfa"]), (200, &Value::Null), "{made:?}");
    made
}
