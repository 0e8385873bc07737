//! The network of the simulation: it delays, loses, cuts and doubles; a proxy on the way keeps what it likes, and asks once
//! for two who ask for the same.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Context;
use std::time::Duration;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, HeaderValue, Request};
use bytes::Bytes;
use fastrand::Rng;
use http_body::Body as _;
use shapegen_runtime::__sim::{Body, Pending, Response, Transport};
use tokio::sync::oneshot;
use tokio::time::sleep;
use tower_service::Service as _;

/// What lies between clients and their service.
#[derive(Clone)]
pub struct Network(Arc<Mutex<State>>);

struct State {
    random: Rng,
    service: Router,
    /// Nothing goes wrong any more.
    healed: bool,
    /// By URL, and by who asks where answers are private: the last ones, however old.
    cache: HashMap<String, Vec<Answer>>,
    /// By URL and who asks: requests that are under way, and who waits for their answers beside those who sent them.
    open: HashMap<String, Vec<oneshot::Sender<Answer>>>,
    requests: usize,
}

#[derive(Clone)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// How an answer comes, decided when it is asked for.
struct Plan {
    before: Duration,
    after: Duration,
    /// In how many pieces the answer comes.
    pieces: usize,
    between: Duration,
    /// Bytes behind which the answer breaks off, noticed or not.
    cut: Option<(usize, bool)>,
}

/// What becomes of a request.
enum Fate {
    Served,
    /// The service gets it twice; the second answer is taken.
    Doubled,
    Lost,
    Refused(u16),
    Cached(Answer),
    /// Somebody else's request is under way: its answer is this one's, too.
    Collapsed(oneshot::Receiver<Answer>),
}

/// A request that others can join until it is answered or given up.
struct Joinable {
    network: Network,
    key: String,
}

impl Joinable {
    fn new(network: &Network, key: String) -> Self {
        network.state().open.entry(key.clone()).or_default();
        Self { network: network.clone(), key }
    }

    fn answer(self, answer: &Answer) {
        for waiting in self.network.state().open.remove(&self.key).unwrap_or_default() {
            let _ = waiting.send(answer.clone());
        }
    }
}

impl Drop for Joinable {
    fn drop(&mut self) {
        self.network.state().open.remove(&self.key);
    }
}

impl Network {
    pub fn new(seed: u64, service: Router) -> Self {
        let random = Rng::with_seed(seed);
        let (cache, open) = (HashMap::new(), HashMap::new());
        Self(Arc::new(Mutex::new(State { random, service, healed: false, cache, open, requests: 0 })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn set_service(&self, service: Router) {
        self.state().service = service;
    }

    /// From now on everything arrives.
    pub fn heal(&self) {
        let mut state = self.state();
        state.healed = true;
        state.cache.clear();
    }

    /// Requests since the last call.
    pub fn take_requests(&self) -> usize {
        std::mem::take(&mut self.state().requests)
    }
}

impl State {
    fn plan(&mut self, url: &str, asking: &HeaderMap) -> (Fate, Plan) {
        let random = &mut self.random;
        let millis = |random: &mut Rng, most: u64| Duration::from_millis(random.u64(0..=most));
        if self.healed {
            let now = Duration::ZERO;
            return (Fate::Served, Plan { before: now, after: now, pieces: 1, between: now, cut: None });
        }
        // One on the way may look at the path and the offset alone.
        let forgetful = random.u8(0..100) < 6;
        let key = if forgetful { forgotten(url) } else { url.to_owned() };
        let cached = [private(&key, asking), key].into_iter().find_map(|key| self.cache.get(&key));
        let cached = cached.and_then(|answers| random.choice(answers)).cloned();
        let joined = self.open.get_mut(&private(url, asking)).filter(|_| random.bool()).map(|waiting| {
            let (sender, receiver) = oneshot::channel();
            waiting.push(sender);
            receiver
        });
        let fate = match (joined, random.u8(0..100), cached) {
            (Some(answer), _, _) => Fate::Collapsed(answer),
            (_, _, Some(answer)) if forgetful => Fate::Cached(answer),
            (_, 0..=39, Some(answer)) => Fate::Cached(answer),
            (_, 40..=44, _) => Fate::Lost,
            (_, 45..=49, _) => Fate::Refused(random.choice([500, 502, 503, 429, 403, 400]).unwrap()),
            (_, 50..=54, _) => Fate::Doubled,
            _ => Fate::Served,
        };
        let cut = (random.u8(0..100) < 8).then(|| (random.usize(0..600), random.bool()));
        let slow = if random.u8(0..10) == 0 { 3_000 } else { 80 };
        let (before, after) = (millis(random, slow), millis(random, slow));
        (fate, Plan { before, after, pieces: random.usize(1..8), between: millis(random, 20), cut })
    }
}

/// What is left of a URL to one that looks at the path and the offset alone.
fn forgotten(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap();
    let offset = query.split('&').find(|pair| pair.starts_with("offset=")).unwrap();
    format!("{path}?{offset}")
}

/// Under what the answer for one person is kept.
fn private(url: &str, asking: &HeaderMap) -> String {
    let who = asking.get("authorization").map_or("nobody", |who| who.to_str().unwrap());
    format!("{who} {url}")
}

impl Transport for Network {
    fn get(&self, url: &str, asking: HeaderMap) -> Pending<'static, Result<Response, String>> {
        let mut state = self.state();
        state.requests += 1;
        let (fate, plan) = state.plan(url, &asking);
        Box::pin(answer(self.clone(), fate, plan, url.to_owned(), asking))
    }
}

async fn serve(mut service: Router, path: &str, asking: &HeaderMap) -> axum::response::Response {
    let mut request = Request::get(path).body(HttpBody::empty()).unwrap();
    *request.headers_mut() = asking.clone();
    service.call(request).await.unwrap()
}

async fn answer(network: Network, fate: Fate, plan: Plan, url: String, asking: HeaderMap) -> Result<Response, String> {
    let of = |Answer { status, headers, body }: Answer| {
        Ok(Response { status, headers, body: Box::new(Pieces::of(body, &plan)) })
    };
    sleep(plan.before).await;
    // The one that is there when the request arrives.
    let service = network.state().service.clone();
    let path = url.strip_prefix("http://sim").unwrap();
    let twice = match fate {
        Fate::Lost => return Err("lost".to_owned()),
        Fate::Refused(status) => {
            let mut headers = HeaderMap::new();
            if status == 503 {
                headers.insert("retry-after", HeaderValue::from_static("2"));
            }
            return of(Answer { status, headers, body: Bytes::from_static(b"{}") });
        }
        Fate::Cached(answer) => return of(answer),
        Fate::Collapsed(answer) => {
            return of(answer.await.map_err(|_| "lost with the one it waited for".to_owned())?);
        }
        Fate::Doubled => true,
        Fate::Served => false,
    };
    let joinable = Joinable::new(&network, private(&url, &asking));
    if twice {
        drop(serve(service.clone(), path, &asking).await);
    }
    let response = serve(service, path, &asking).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = response.into_body();
    sleep(plan.after).await;
    if headers.get("content-type").is_some_and(|kind| kind == "text/event-stream") {
        return Ok(Response { status, headers, body: Box::new(Events { body, cut: plan.cut, between: plan.between }) });
    }
    let mut whole = Vec::new();
    while let Some(bytes) = frame(&mut body).await {
        whole.extend_from_slice(&bytes);
    }
    let answer = Answer { status, headers, body: Bytes::from(whole) };
    joinable.answer(&answer);
    if matches!(status, 200 | 409) {
        // What a cache keeps for one person against the word of the service, it still keeps for that person alone.
        let said = answer.headers.get("cache-control");
        let is_private = said.is_some_and(|said| said.to_str().unwrap().contains("private"));
        let cache = &mut network.state().cache;
        for key in [forgotten(&url), url] {
            let key = if is_private { private(&key, &asking) } else { key };
            cache.entry(key).or_default().push(answer.clone());
        }
    }
    of(answer)
}

async fn frame(body: &mut HttpBody) -> Option<Bytes> {
    loop {
        let next = poll_fn(|context: &mut Context<'_>| Pin::new(&mut *body).poll_frame(context)).await?;
        if let Ok(bytes) = next.unwrap().into_data() {
            return Some(bytes);
        }
    }
}

/// A body that arrives piece by piece.
struct Pieces {
    pieces: VecDeque<Bytes>,
    between: Duration,
    breaks: bool,
}

impl Pieces {
    fn of(body: Bytes, plan: &Plan) -> Self {
        let (length, breaks) = match plan.cut {
            Some((length, noticed)) if length < body.len() => (length, noticed),
            _ => (body.len(), false),
        };
        let size = length.div_ceil(plan.pieces).max(1);
        let pieces = body[..length].chunks(size).map(Bytes::copy_from_slice).collect();
        Self { pieces, between: plan.between, breaks }
    }
}

impl Body for Pieces {
    fn piece(&mut self) -> Pending<'_, Result<Option<Bytes>, String>> {
        Box::pin(async {
            sleep(self.between).await;
            match self.pieces.pop_front() {
                Some(piece) => Ok(Some(piece)),
                None if self.breaks => Err("broke off".to_owned()),
                None => Ok(None),
            }
        })
    }
}

/// A stream of events.
struct Events {
    body: HttpBody,
    cut: Option<(usize, bool)>,
    between: Duration,
}

impl Body for Events {
    fn piece(&mut self) -> Pending<'_, Result<Option<Bytes>, String>> {
        Box::pin(async {
            let Some(bytes) = frame(&mut self.body).await else { return Ok(None) };
            sleep(self.between).await;
            let Some((left, noticed)) = &mut self.cut else { return Ok(Some(bytes)) };
            if *left >= bytes.len() {
                *left -= bytes.len();
                return Ok(Some(bytes));
            }
            let rest = bytes.slice(..*left);
            *left = 0;
            if rest.is_empty() {
                return if *noticed { Err("broke off".to_owned()) } else { Ok(None) };
            }
            Ok(Some(rest))
        })
    }
}
