//! A store that has as many objects as one likes and keeps none. It answers ListObjectsV2 in one
//! bucket, looks at no signature and refuses everything else.

use std::{
    convert::Infallible,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use url::form_urlencoded;

use crate::names::Names;

/// The bucket, and below what in it the objects are.
pub(crate) const TARGET: &str = "s3://bucket/p";
const PATH: &str = "/bucket";
const PREFIX: &str = "p/";
const PAGE: usize = 1_000;

/// A running store, on a thread of its own until it is dropped.
#[derive(Debug)]
pub(crate) struct Store {
    seen: Arc<Seen>,
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Seen {
    names: Names,
    listings: Mutex<usize>,
    others: Mutex<Vec<String>>,
}

impl Store {
    pub(crate) fn start(names: Names) -> Self {
        let seen = Arc::new(Seen {
            names,
            listings: Mutex::default(),
            others: Mutex::default(),
        });
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("non-blocking mode");
        let port = listener.local_addr().expect("an address").port();
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(listener, shared) => (),
                    _ = stopped => (),
                }
            });
        });
        Self {
            seen,
            port,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many listings there were, and the other requests.
    pub(crate) fn requests(&self) -> (usize, Vec<String>) {
        let listings = *self
            .seen
            .listings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let others = self
            .seen
            .others
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (listings, others.clone())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&seen)));
    }
}

async fn serve(stream: TcpStream, seen: Arc<Seen>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let response = answer(&seen, &request);
        async { Ok::<_, Infallible>(response) }
    });
    // A client that goes away is no failure of this.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn answer(seen: &Seen, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let query = Query::of(request);
    if request.method() == Method::GET
        && request.uri().path().trim_end_matches('/') == PATH
        && query.is_listing
    {
        *seen.listings.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        return Response::new(Full::from(page(seen.names, &query)));
    }
    let mut others = seen.others.lock().unwrap_or_else(PoisonError::into_inner);
    // Enough to see what went wrong.
    if others.len() < 5 {
        others.push(format!("{} {}", request.method(), request.uri()));
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// What is asked for.
#[derive(Debug)]
struct Query {
    is_listing: bool,
    prefix: String,
    start_after: Option<String>,
    token: Option<String>,
    most: usize,
}

impl Query {
    fn of(request: &Request<Incoming>) -> Self {
        let mut query = Self {
            is_listing: false,
            prefix: String::new(),
            start_after: None,
            token: None,
            most: PAGE,
        };
        let text = request.uri().query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "list-type" => query.is_listing = value == "2",
                "prefix" => query.prefix = value.into_owned(),
                "start-after" => query.start_after = Some(value.into_owned()),
                "continuation-token" => query.token = Some(value.into_owned()),
                "max-keys" => query.most = value.parse().map_or(PAGE, |most: usize| most.min(PAGE)),
                _ => {}
            }
        }
        query
    }
}

/// A page of the listing. The token is the position of its first key.
fn page(names: Names, query: &Query) -> String {
    let total = match PREFIX.starts_with(&query.prefix) {
        true => names.len(),
        false => 0,
    };
    let start = match (&query.token, &query.start_after) {
        (Some(token), _) => token.parse().unwrap_or(total),
        (None, Some(key)) => behind(names, key),
        (None, None) => 0,
    };
    let end = total.min(start + query.most);
    let mut xml = String::with_capacity(256 * PAGE);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    xml.push_str("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    let written = write!(
        xml,
        "<Name>bucket</Name><Prefix>{}</Prefix><MaxKeys>{}</MaxKeys>\
         <EncodingType>url</EncodingType><KeyCount>{}</KeyCount><IsTruncated>{}</IsTruncated>",
        query.prefix,
        query.most,
        end.saturating_sub(start),
        end < total
    );
    written.expect("a string takes everything");
    if end < total {
        let token = format!("<NextContinuationToken>{end}</NextContinuationToken>");
        xml.push_str(&token);
    }
    for position in start..end {
        xml.push_str("<Contents><Key>");
        xml.push_str(PREFIX);
        xml.push_str(&names.at(position));
        xml.push_str(
            "</Key><LastModified>2024-02-03T04:05:06.000Z</LastModified>\
             <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
        );
    }
    xml.push_str("</ListBucketResult>");
    xml
}

/// The position of the first key behind this one.
fn behind(names: Names, key: &str) -> usize {
    let (mut low, mut high) = (0, names.len());
    while low < high {
        let middle = low.midpoint(high);
        let name = PREFIX.to_owned() + &names.at(middle);
        if name.as_str() > key {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
