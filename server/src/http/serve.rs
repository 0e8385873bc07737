//! Reading a shape's log for one request, waiting for news where it is live.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body as HttpBody;
use axum::http::header::{CACHE_CONTROL, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use crate::http::held::{Admitted, Held};
use crate::http::query::Position;
use crate::http::reply::{self, Invalid, JSON};
use crate::http::sse::Events;
use crate::live_shape::{Answer, LiveShape};
use crate::log::{Body, Read};
use crate::message;
use crate::offset::{From, Offset};
use crate::service::Inner;
use crate::shape::ShapeSpec;
use crate::source::Readiness;
use crate::subset::{self, Subset, SubsetError, SubsetRows};
use crate::table::{TableDefinition, TableName};

/// One request, understood.
pub(crate) struct Asked {
    pub(crate) spec: Arc<ShapeSpec>,
    pub(crate) table: Arc<TableDefinition>,
    pub(crate) position: Position,
    /// Asked for in place of the log.
    pub(crate) subset: Option<Subset>,
    /// The answer depends on who asks: no cache may keep it.
    pub(crate) private: bool,
}

/// 2024-10-09T00:00:00Z: where cursors count from.
const CURSOR_EPOCH: u64 = 1_728_432_000;

pub(crate) async fn serve(service: &Arc<Inner>, asked: Asked, headers: &HeaderMap) -> Response {
    let private = asked.private;
    let admission = if asked.position.from == From::Start { &service.initial } else { &service.existing };
    let mut response = match admission.admit() {
        Ok(permit) => {
            let response = serve_admitted(service, asked, headers).await;
            response.map(|body| HttpBody::new(Admitted::new(body, permit)))
        }
        Err(response) => *response,
    };
    if private {
        // The path and the query are everybody's: a cache would mix people up.
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(VARY, HeaderValue::from_static("authorization, cookie"));
    }
    response
}

async fn serve_admitted(service: &Arc<Inner>, asked: Asked, headers: &HeaderMap) -> Response {
    let Asked { spec, table, mut position, subset, .. } = asked;
    // A subset is told once.
    position.live &= subset.is_none();
    position.sse &= position.live;
    let shape = match service.shapes.ready(&spec, &table).await {
        Ok(shape) => shape,
        Err(error) => return error.into_response(),
    };
    match (position.from, &position.handle) {
        (From::After(_), Some(handle)) if *handle != shape.handle => return must_refetch(Some(&shape.handle)),
        _ => {}
    }
    match (wait(service, &shape, &position).await, subset) {
        (Outcome::News(news), None) => answer(service, &shape, &position, news, headers),
        (Outcome::News(news), Some(subset)) => answer_subset(service, &shape, news.read.next, subset).await,
        (Outcome::Gone, _) => must_refetch(None),
        (Outcome::OutOfBounds, _) => reply::invalid("offset", "out of bounds for this shape"),
        (Outcome::Closing, _) => reply::unavailable("The service is shutting down", 1),
    }
}

/// The table, if there is one to be looked up in.
pub(crate) fn lookup(service: &Inner, name: &TableName) -> Result<Option<Arc<TableDefinition>>, Box<Response>> {
    if service.shapes.readiness() != Readiness::Active {
        return Err(Box::new(reply::unavailable("Timeout waiting for Postgres lock acquisition", 5)));
    }
    service.shapes.table(name).map_err(|error| Box::new(reply::source_error(&error)))
}

struct News {
    read: Read,
    /// A live request's time ran out.
    timed_out: bool,
    /// What every shape had taken in before this one was read.
    processed: u64,
}

enum Outcome {
    News(News),
    Gone,
    OutOfBounds,
    Closing,
}

async fn wait(service: &Arc<Inner>, shape: &LiveShape, position: &Position) -> Outcome {
    let mut changes = shape.changes();
    let mut closing = service.closing.subscribe();
    let begun = Instant::now();
    let mut held = None;
    let mut timed_out = false;
    loop {
        // Marked as seen before the read, so that a change between read and wait ends the wait.
        changes.borrow_and_update();
        let processed = service.shapes.processed();
        let patience = match shape.read(position.from) {
            Answer::Gone => return Outcome::Gone,
            Answer::OutOfBounds if timed_out => return Outcome::OutOfBounds,
            Answer::OutOfBounds => service.long_poll / 2,
            Answer::Read(read) => {
                let no_news = matches!(&read.body, Body::Head { messages, .. } if messages.is_empty());
                // A stream waits by itself.
                let waits = no_news && position.live && !position.sse;
                if !waits || timed_out {
                    return Outcome::News(News { timed_out: timed_out && no_news, read, processed });
                }
                service.long_poll
            }
        };
        held.get_or_insert_with(|| Held::new(service));
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => return Outcome::Closing,
            _ = changes.changed() => {}
            () = sleep_until(begun + patience) => timed_out = true,
        }
    }
}

fn answer(
    service: &Arc<Inner>,
    shape: &Arc<LiveShape>,
    position: &Position,
    News { read, timed_out, processed }: News,
    request: &HeaderMap,
) -> Response {
    let no_news = timed_out || position.from == From::Now;
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| set(&mut headers, name, value);
    let mut tag = format!("{}:{}:{}", shape.handle, position.from, read.next);
    if no_news {
        tag = format!("{tag}:{}", service.no_news.fetch_add(1, Ordering::Relaxed));
    }
    set("etag", &format!("\"{tag}\""));
    set("electric-handle", &shape.handle);
    set("electric-offset", &read.next.to_string());
    set("electric-has-data", if no_news { "false" } else { "true" });
    set("cache-control", &cache_control(service, position));
    set("content-type", if position.sse { "text/event-stream" } else { "application/json; charset=utf-8" });
    if position.live {
        set("electric-cursor", &cursor(service.long_poll, position.cursor).to_string());
    }
    if position.sse {
        let from_head = matches!(&read.body, Body::Head { messages, .. } if messages.is_empty());
        if let Body::Head { .. } = read.body {
            set("electric-up-to-date", "");
        }
        set("connection", "keep-alive");
        let events = Events::new(service, shape, position.from, from_head);
        return (StatusCode::OK, headers, HttpBody::new(events)).into_response();
    }
    let body = match read.body {
        Body::Snapshot(bytes) => bytes,
        Body::Part(messages) => list(&messages),
        Body::Head { mut messages, lsn } => {
            set("electric-up-to-date", "");
            let lsn =
                if position.live && !timed_out { lsn.unwrap_or(processed) } else { processed.max(lsn.unwrap_or(0)) };
            messages.push(message::up_to_date(lsn).into());
            list(&messages)
        }
    };
    let known = |known: &HeaderValue| {
        known.to_str().is_ok_and(|known| known.split(',').any(|known| known.trim().trim_matches('"') == tag))
    };
    if request.get_all(IF_NONE_MATCH).iter().any(known) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if !position.live {
        set_schema(service, shape, &mut headers);
    }
    (StatusCode::OK, headers, HttpBody::from(body)).into_response()
}

/// Messages as a JSON list.
fn list(messages: &[Bytes]) -> Bytes {
    let mut body = Vec::with_capacity(messages.iter().map(|message| message.len() + 1).sum::<usize>() + 1);
    for (at, message) in messages.iter().enumerate() {
        body.push(if at == 0 { b'[' } else { b',' });
        body.extend_from_slice(message);
    }
    body.push(b']');
    body.into()
}

/// The rows of a subset as they are now, beside the log. `next` is where the log is read on.
async fn answer_subset(service: &Arc<Inner>, shape: &Arc<LiveShape>, next: Offset, subset: Subset) -> Response {
    let told = service.shapes.off_executor({
        let (service, shape) = (Arc::clone(service), Arc::clone(shape));
        move || tell_subset(&service, &shape, &subset)
    });
    let body = match told.await {
        Ok(Ok(body)) => body,
        Ok(Err(response)) => return *response,
        // The source panicked, or the executor is shutting down.
        Err(_) => return reply::internal(),
    };
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| set(&mut headers, name, value);
    set("electric-snapshot", "true");
    set("electric-handle", &shape.handle);
    set("electric-offset", &next.to_string());
    set("cache-control", "no-cache");
    set("content-type", "application/json; charset=utf-8");
    set_schema(service, shape, &mut headers);
    (StatusCode::OK, headers, body).into_response()
}

fn tell_subset(service: &Inner, shape: &LiveShape, subset: &Subset) -> Result<Vec<u8>, Box<Response>> {
    let mut rows = SubsetRows::new(subset, &shape.shape.table);
    let read = service.shapes.rows_now(shape, &mut |row, standing| rows.push(row, standing));
    let read = read.map_err(|error| reply::source_error(&error))?;
    let (position, lsn) = read.ok_or_else(|| must_refetch(None))?;
    let rows = rows.finish().map_err(|error| {
        let part = if matches!(error, SubsetError::Filter(_)) { "where" } else { "order_by" };
        Invalid::of_subset(part, error.to_string()).into_response()
    })?;
    Ok(subset::body(&shape.shape, &rows, &position, lsn))
}

/// The schema as it is now: NOT NULL may have changed under a handle that stays.
fn set_schema(service: &Inner, shape: &LiveShape, headers: &mut HeaderMap) {
    let current = service.shapes.table(&shape.shape.spec.table).ok().flatten();
    let table = current.as_deref().unwrap_or(&shape.shape.table);
    let selected: Option<Vec<usize>> = shape.shape.spec.columns.iter().map(|name| table.position(name)).collect();
    let schema = match selected {
        Some(selected) => table.schema(&selected),
        None => shape.shape.table.schema(&shape.shape.selected),
    };
    set(headers, "electric-schema", &schema);
}

/// Sets a header; names of columns in it may be of any letters.
fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    match HeaderValue::from_bytes(value.as_bytes()) {
        Ok(value) => drop(headers.insert(HeaderName::from_static(name), value)),
        Err(_) => tracing::error!(name, "a header's value can't be sent"),
    }
}

/// 409. Without a handle the client asks from the start for one.
fn must_refetch(handle: Option<&str>) -> Response {
    let max_age = if handle.is_some() { 60 } else { 1 };
    let mut response = (StatusCode::CONFLICT, [JSON], message::MUST_REFETCH).into_response();
    let headers = response.headers_mut();
    set(headers, "cache-control", &format!("public, max-age={max_age}, must-revalidate"));
    if let Some(handle) = handle {
        set(headers, "electric-handle", handle);
        set(headers, "etag", &format!("\"{handle}::\""));
    }
    response
}

fn cache_control(service: &Inner, position: &Position) -> Cow<'static, str> {
    match position.from {
        From::Start => "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746".into(),
        _ if position.sse => format!("public, max-age={}", service.sse_timeout.as_secs().saturating_sub(1)).into(),
        _ if position.live => "public, max-age=5, stale-while-revalidate=5".into(),
        _ => "public, max-age=60, stale-while-revalidate=300".into(),
    }
}

/// Varies the URL of the next live request: the time in steps of the long poll, so that requests of many clients are
/// equal, and always above the one before.
fn cursor(long_poll: Duration, previous: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    next_cursor(now, long_poll.as_secs(), previous)
}

fn next_cursor(now: u64, step: u64, previous: u64) -> u64 {
    if step == 0 {
        return 0;
    }
    let cursor = now.saturating_sub(CURSOR_EPOCH).div_ceil(step).saturating_mul(step);
    if cursor > previous { cursor } else { previous.saturating_add(fastrand::u64(1..=3600)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_022_the_cursor_is_the_time_in_steps_and_always_grows() {
        assert_eq!(next_cursor(CURSOR_EPOCH + 41, 20, 0), 60);
        assert_eq!(next_cursor(CURSOR_EPOCH + 40, 20, 20), 40);
        assert_eq!(next_cursor(CURSOR_EPOCH + 40, 0, 7), 0);
        for previous in [40, 1_000_000] {
            let next = next_cursor(CURSOR_EPOCH + 40, 20, previous);
            assert!((previous + 1..=previous + 3600).contains(&next), "{next}");
        }
    }
}
