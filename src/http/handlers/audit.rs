//! The audit trail, for operators (`api.md` section 8).

use actix_web::{HttpResponse, web::Bytes};
use futures_util::stream::{self, StreamExt};

use super::{Reply, ok};
use crate::{
    domain::{event::EventKind, username::Username},
    http::{
        answer::audit::position_of,
        call::Call,
        cursor,
        error::ApiError,
        openapi::parameters::{EventsPage, TrailAccount},
        query::{LIST, Query, optional_limit},
        wire::audit::{EventList, EventView, VerdictView},
    },
    service::{Entry, EventQuery, Export},
};

/// JSON, one object a line.
const JSON_LINES: &str = "application/x-ndjson";

/// Events, the newest first.
///
/// For operators. The filters combine. With `Accept: application/x-ndjson` the same as JSON lines, one event a line; without
/// `limit` then all that match, streamed. A stream that ends without the last chunk of its body is not whole.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "operators",
    params(EventsPage),
    responses((
        status = 200,
        description = "The events.",
        content(
            (EventList = "application/json"),
            (EventView = "application/x-ndjson")
        )
    ))
)]
pub async fn list_events(call: Call) -> Reply {
    let parameters = call.query()?;
    let (query, limit) = (read_query(&parameters)?, optional_limit(&parameters)?);
    if call.accepts(JSON_LINES) {
        let export = call.service.export_events(&call.caller, &query, limit).await?;
        return lines(export, call.is_head()).await;
    }
    let events = call.service.list_events(&call.caller, &query, limit.unwrap_or(LIST)).await?;
    Ok(ok(EventList::from(events)))
}

/// Verify the audit trail.
///
/// For operators. Every event is read and held against its keyed link, and against the checkpoints outside of the database
/// where there are any; with `account` that account's alone. An instance verifies the whole trail for one caller at a time: 503
/// with `Retry-After` for a second one.
#[utoipa::path(
    get,
    path = "/audit/verify",
    tag = "operators",
    params(TrailAccount),
    responses((status = 200, description = "What was found, whole or not.", body = VerdictView))
)]
pub async fn verify_events(call: Call) -> Reply {
    let only = read_account(&call.query()?)?;
    let verdict = call.service.show_verdict(&call.caller, only.as_ref()).await?;
    Ok(ok(VerdictView::from(verdict)))
}

fn read_query(query: &Query) -> Result<EventQuery, ApiError> {
    let kind = query
        .optional_text("event")?
        .map(|name| EventKind::named(name).ok_or_else(|| ApiError::malformed("event", "must be the name of an event")));
    Ok(EventQuery {
        account: read_account(query)?,
        kind: kind.transpose()?,
        since: query.optional_moment("since")?,
        behind: cursor::read(query)?.map(|bytes| position_of(&bytes)).transpose()?,
    })
}

/// The parameter `account`: a username, or `.` for the service's own chain; 400/26 when it is neither.
fn read_account(query: &Query) -> Result<Option<Username>, ApiError> {
    let system = Username::system();
    let username = |text: &str| {
        if text == system.as_str() { Ok(system.clone()) } else { Username::parse(text) }
            .map_err(|trouble| ApiError::malformed("account", "must be a username").hint(trouble.to_string()))
    };
    query.optional_text("account")?.map(username).transpose()
}

/// The export, a line for each event. The first piece is read before the status is sent, so that a database that is away is
/// 503; one that goes away later ends the body where it is, without its last chunk.
async fn lines(mut export: Export, head: bool) -> Reply {
    let first = export.piece().await?.map(written).transpose()?;
    let mut reply = HttpResponse::Ok();
    reply.content_type(JSON_LINES);
    if head {
        return Ok(reply.streaming(stream::empty::<Result<Bytes, ApiError>>()));
    }
    let rest = stream::try_unfold(export, |mut export| async move {
        let piece = export.piece().await.map_err(ApiError::from)?;
        Ok::<_, ApiError>(piece.map(written).transpose()?.map(|lines| (lines, export)))
    });
    Ok(reply.streaming(stream::iter(first.map(Ok)).chain(rest)))
}

fn written(entries: Vec<Entry>) -> Result<Bytes, ApiError> {
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, &EventView::from(entry)).map_err(|error| {
            tracing::error!(error = %error, "an event could not be written");
            ApiError::new(crate::http::code::Code::TemporarilyUnavailable)
        })?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}
