//! Images that are named by their URL.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use inkstream::fetch::{Fetcher, Internet, Names};
use inkstream_wire::ChatCompletion;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::{PAGE, image, request};
use crate::{
    fakes::IMAGE,
    harness::{MAX_UPLOAD, Plan, Site},
};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// `images.test` resolves to this machine, which is permitted here; `inside.test` to an address that is not, and `both.test` to
/// both.
struct TestNames;

#[async_trait::async_trait]
impl Names for TestNames {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let inside = IpAddr::from([10, 0, 0, 1]);
        match name {
            "images.test" => Ok(vec![LOCAL]),
            "inside.test" => Ok(vec![inside]),
            "both.test" => Ok(vec![LOCAL, inside]),
            "empty.test" => Ok(Vec::new()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn permits(&self, address: IpAddr) -> bool {
        address == LOCAL || Internet.permits(address)
    }
}

/// A server with images, which records the heads of its requests.
struct Images {
    port: u16,
    heads: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    _server: AbortOnDropHandle<()>,
}

type Heads = Arc<Mutex<Vec<(String, HeaderMap)>>>;

impl Images {
    async fn start() -> Self {
        let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Heads::default();
        let router = Router::new().route("/{*path}", get(serve)).with_state((port, Arc::clone(&heads)));
        let server = TaskTracker::new().spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { port, heads, _server: AbortOnDropHandle::new(server) }
    }

    fn url(&self, path: &str) -> String {
        format!("http://images.test:{}/{path}", self.port)
    }

    fn asked(&self) -> Vec<String> {
        self.heads.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
    }
}

async fn serve(State((port, heads)): State<(u16, Heads)>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    heads.lock().unwrap().push((path.clone(), headers));
    let to = |url: &str| Redirect::temporary(url).into_response();
    match path.as_str() {
        "a.png" => ([(header::SET_COOKIE, "a=1")], IMAGE).into_response(),
        "once" => to("/a.png"),
        "host" => to(&format!("http://images.test:{port}/once")),
        "around" => to("/around"),
        "inside" => to(&format!("http://inside.test:{port}/a.png")),
        "metadata" => to("http://169.254.169.254/latest/meta-data"),
        "file" => to("file:///etc/passwd"),
        "user" => to(&format!("http://me:hunter2@images.test:{port}/a.png")),
        "large" => vec![b'x'; MAX_UPLOAD as usize + 1].into_response(),
        "endless" => {
            Body::from_stream(futures::stream::repeat_with(|| Ok::<_, io::Error>(vec![b'x'; 4096]))).into_response()
        }
        "silent" => Body::from_stream(futures::stream::pending::<io::Result<Vec<u8>>>()).into_response(),
        "page" => "<html>".into_response(),
        "empty" => StatusCode::OK.into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn site_with(timeout: Duration) -> Site {
    let fetcher = Some(Fetcher::new(timeout, Arc::new(TestNames)).unwrap());
    Site::with(Plan { fetcher, ..Plan::default() }).await
}

async fn site() -> Site {
    site_with(Duration::from_secs(20)).await
}

fn at(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}

#[tokio::test]
async fn an_image_is_fetched_and_read_beside_uploaded_ones() {
    let (site, images) = (site().await, Images::start().await);
    let asked = request(&[at(&images.url("a.png")), image(IMAGE), at(&images.url("host"))]);
    let answer = site.chat(&asked).bearer("EMPTY").header("cookie", "mine=1").send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let chat: ChatCompletion = answer.json();
    assert_eq!(chat.choices[0].message.content, [PAGE; 3].join("\n"));
    assert_eq!(images.asked(), ["a.png", "host", "once", "a.png"]);
    for (_, head) in images.heads.lock().unwrap().iter() {
        for name in ["authorization", "cookie", "referer", "accept-encoding"] {
            assert!(!head.contains_key(name), "{name}: {head:?}");
        }
        assert!(head["user-agent"].to_str().unwrap().starts_with("inkstream/"));
    }
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn private_addresses_are_refused_with_the_same_message_whatever_is_there() {
    let (site, images) = (site().await, Images::start().await);
    let port = images.port;
    let mut urls = vec![images.url("inside"), images.url("metadata")];
    urls.extend(
        ["inside.test", "both.test", "empty.test", "nowhere.test", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
            .map(|host| format!("http://{host}:{port}/a.png")),
    );
    urls.extend(
        ["http://169.254.169.254/a", "http://0x7f.2/a", "http://2130706434/a", "http://[fd00::1]/a"].map(str::to_owned),
    );
    for url in urls {
        let error = site.chat(&request(&[at(&url)])).send().await.is_openai_error(400, "bad_request");
        assert_eq!(error.message, "The image's address leads nowhere, or where this server does not go.", "{url}");
    }
    assert_eq!(images.asked(), ["inside", "metadata"], "nothing else was connected to");
}

#[tokio::test]
async fn other_refused_urls_say_why_and_reveal_nothing() {
    let (site, images) = (site().await, Images::start().await);
    for (url, word) in [
        ("http://images.test:25/a.png".to_owned(), "ports"),
        ("http://me:hunter2@images.test/a.png".to_owned(), "user or password"),
        (format!("http://images.test/{}", "x".repeat(9_000)), "bytes"),
        ("http://".to_owned(), "none"),
        (images.url("file"), "http://"),
        (images.url("user"), "user or password"),
        (images.url("around"), "more than 3 times"),
        (images.url("missing"), "status 404"),
    ] {
        let error = site.chat(&request(&[image(IMAGE), at(&url)])).send().await.is_openai_error(400, "bad_request");
        assert!(error.message.starts_with("Image 2: ") && error.message.contains(word), "{url}: {}", error.message);
        assert!(!error.message.contains("hunter2") && !error.message.contains("127.0.0.1"), "{}", error.message);
    }
    assert_eq!(images.asked().iter().filter(|path| *path == "around").count(), 4);
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn fetched_files_have_the_limits_of_uploads() {
    let (site, images) = (site().await, Images::start().await);
    for (path, status, code) in [
        ("large", 413, "too_large"),
        ("endless", 413, "too_large"),
        ("page", 415, "unsupported_media_type"),
        ("empty", 400, "empty_file"),
    ] {
        site.chat(&request(&[at(&images.url(path))])).send().await.is_openai_error(status, code);
    }
    // All images of a request together have the bytes of one upload.
    let max = image(&vec![b'x'; MAX_UPLOAD as usize - 5]);
    let error = site.chat(&request(&[max, at(&images.url("a.png"))])).send().await;
    error.is_openai_error(413, "too_large");
    site.settled().await;
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_silent_server_is_given_up_at_the_timeout() {
    let (site, images) = (site_with(Duration::from_millis(200)).await, Images::start().await);
    let error = site.chat(&request(&[at(&images.url("silent"))])).send().await;
    assert!(error.is_openai_error(400, "bad_request").message.contains("in time"));
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn nothing_is_fetched_unless_the_operator_allows_it() {
    let (site, images) = (Site::new().await, Images::start().await);
    let error = site.chat(&request(&[at(&images.url("a.png"))])).send().await.is_openai_error(400, "bad_request");
    assert!(error.message.contains("ALLOW_URL_FETCH"), "{}", error.message);
    assert!(images.asked().is_empty());
}
