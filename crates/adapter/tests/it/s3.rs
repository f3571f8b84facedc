//! A server on this machine that speaks S3, over a folder; what is asked of it is written down.
//!
//! It is `s3s` with `s3s-fs`, in Rust and in this process: real HTTP with signatures, ranges and XML, so
//! that the client's own requests are what is tested, and `cargo test` needs nothing installed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The keys that it knows.
pub(crate) const KEY: &str = "AKIDs3Tst7Qr";
pub(crate) const SECRET: &str = "s3Scrt/Yx4Lm+9";

type BoxBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// A server with one bucket, `exports`.
pub(crate) struct S3 {
    folder: TempDir,
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Log {
    asked: Vec<Asked>,
    cuts: VecDeque<usize>,
    statuses: VecDeque<u16>,
    is_without_conditions: bool,
    after_start: Option<u16>,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    /// How many bytes of a body were given out.
    pub(crate) given: usize,
}

impl S3 {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("exports")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::<Mutex<Log>>::default();
        let known = Arc::clone(&log);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (service, log) = (service.clone(), Arc::clone(&known));
                let answer =
                    service_fn(move |request| answer(service.clone(), log.clone(), request));
                tokio::spawn(async move {
                    let http = hyper::server::conn::http1::Builder::new();
                    // A connection that breaks off is what some tests are about.
                    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self {
            folder,
            address,
            log,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("exports").join(key)
    }

    /// Puts an object into the bucket.
    pub(crate) fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The next bodies of more bytes than these break off after so many.
    pub(crate) fn cut(&self, after: impl IntoIterator<Item = usize>) {
        self.log.lock().unwrap().cuts.extend(after);
    }

    /// The next requests are answered with these, and nothing else.
    pub(crate) fn fail(&self, statuses: impl IntoIterator<Item = u16>) {
        self.log.lock().unwrap().statuses.extend(statuses);
    }

    /// From now on, what isn't asked for from its first byte on is answered with this.
    pub(crate) fn fail_after_start(&self, status: u16) {
        self.log.lock().unwrap().after_start = Some(status);
    }

    /// Some servers don't look at If-Match.
    pub(crate) fn ignore_conditions(&self) {
        self.log.lock().unwrap().is_without_conditions = true;
    }

    pub(crate) fn cuts_left(&self) -> usize {
        self.log.lock().unwrap().cuts.len()
    }

    /// What was asked since this was asked for last.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.log.lock().unwrap().asked)
    }

    /// How many bytes of this object were given out, since [`take_asked`](Self::take_asked).
    pub(crate) fn given(&self, key: &str) -> usize {
        let log = self.log.lock().unwrap();
        let of_key = |asked: &&Asked| asked.path == format!("/exports/{key}");
        log.asked
            .iter()
            .filter(of_key)
            .map(|asked| asked.given)
            .sum()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    service: S3Service,
    log: Arc<Mutex<Log>>,
    request: Request<Incoming>,
) -> Result<Response<BoxBody>, Infallible> {
    let header = |name| {
        let value = request.headers().get(name);
        value.map(|value: &hyper::header::HeaderValue| value.to_str().unwrap().to_owned())
    };
    let condition = header("if-match");
    let asked = Asked {
        path: request.uri().path().to_owned(),
        range: header("range"),
        given: 0,
    };
    let (index, status) = {
        let mut log = log.lock().unwrap();
        let range = asked.range.as_deref();
        let is_after_start = range.is_some_and(|range| !range.starts_with("bytes=0-"));
        let status = log.statuses.pop_front();
        let status = status.or_else(|| log.after_start.filter(|_| is_after_start));
        log.asked.push(asked);
        (log.asked.len() - 1, status)
    };
    if let Some(status) = status {
        return Ok(empty(StatusCode::from_u16(status).unwrap()));
    }
    let answer = hyper::service::Service::call(&service, request).await;
    let Ok(answer) = answer else {
        return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let (parts, body) = answer.into_parts();
    // As S3 does, and this server does not.
    let is_other = parts.status.is_success()
        && condition.is_some_and(|condition| parts.headers["etag"] != condition.as_str());
    if is_other && !log.lock().unwrap().is_without_conditions {
        return Ok(empty(StatusCode::PRECONDITION_FAILED));
    }
    let body = Counted {
        body: body.map_err(Into::into).boxed_unsync(),
        log,
        index,
    };
    Ok(Response::from_parts(parts, body.boxed_unsync()))
}

fn empty(status: StatusCode) -> Response<BoxBody> {
    let body = http_body_util::Empty::new();
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// A body whose bytes are counted, and that may break off.
struct Counted {
    body: BoxBody,
    log: Arc<Mutex<Log>>,
    index: usize,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let mut log = self.log.lock().unwrap();
        let index = self.index;
        if let Some(asked) = log.asked.get_mut(index) {
            asked.given += bytes;
            let given = asked.given;
            if log.cuts.front().is_some_and(|after| given > *after) {
                log.cuts.pop_front();
                return Poll::Ready(Some(Err("cut".into())));
            }
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
