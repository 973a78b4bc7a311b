//! The micro-service's dialect: `POST /` and `POST /img-echo/`

use axum::body::Bytes;
use http::{Method, StatusCode};
use inkstream_core::{
    accounts::AuthPolicy,
    quota::{OperatorQuotas, QuotaLimits},
    runs::QueueLimits,
};
use inkstream_testkit::fixtures::{images, page, pdf, png, tiff};
use inkstream_wire::{ErrorCode, MicroText, RunStatus, UsageEvent};
use serde_json::Value;

use crate::{
    fakes::{IMAGE, PDF, Script},
    harness::{Ask, MAX_UPLOAD, Plan, Site, field, file},
};

const ROUTES: [&str; 2] = ["/", "/img-echo/"];
const TOKEN: &str = "an-operators-own+token/=";

fn image(site: &Site, route: &str) -> Ask {
    site.post(route).form(&[file("page.png", IMAGE)])
}

async fn ledger(site: &Site) -> Vec<UsageEvent> {
    site.settled().await;
    site.get("/api/users/me/usage").send().await.json()
}

#[tokio::test]
async fn an_image_is_answered_with_its_lines_and_nothing_is_stored() {
    let site = Site::new().await;
    let form = [file("page.png", IMAGE), field("store", "true"), field("boxes", "true")];
    let answer = site.post("/").form(&form).send().await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    let expected = MicroText {
        results: vec!["first line".to_owned(), "second line".to_owned()],
        original: "first line\nsecond line\n".to_owned(),
        partial: false,
        warnings: Vec::new(),
    };
    assert_eq!(answer.json::<MicroText>(), expected);
    let rows = ledger(&site).await;
    assert_eq!((rows.len(), rows[0].status, rows[0].pages), (1, RunStatus::Ok, 1));
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn the_pages_of_a_tiff_are_in_order_with_a_form_feed_between() {
    let site = Site::new().await;
    let answer: MicroText = site.post("/").form(&[file("a.tiff", b"FAKE image 2")]).send().await.json();
    assert_eq!(answer.original, "first line\nsecond line\n\u{c}first line\nsecond line\n");
    assert_eq!(answer.results, ["first line", "second line", "first line", "second line"]);
}

#[tokio::test]
async fn an_echoed_image_is_identical_and_leaves_no_trace() {
    let site = Site::new().await;
    let answer = image(&site, "/img-echo/").send().await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(answer.header("content-length"), IMAGE.len().to_string());
    assert_eq!(answer.bytes, Bytes::from_static(IMAGE));
    assert!(site.blobs().is_empty());
    assert_eq!((site.engine.asked(), ledger(&site).await), (0, Vec::new()));
}

#[tokio::test]
async fn a_file_that_is_not_an_image_is_refused_and_leaves_nothing() {
    let site = Site::new().await;
    for (content, read) in [
        (PDF, ErrorCode::WrongRoute),
        (b"FAKE locked", ErrorCode::PasswordRequired),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ErrorCode::UnsupportedMediaType),
        (b"", ErrorCode::EmptyFile),
    ] {
        let send = async |route: &str| site.post(route).form(&[file("page.png", content)]).send().await;
        send("/").await.is_problem(read);
        let echo = send("/img-echo/").await;
        assert_eq!(echo.status, StatusCode::BAD_REQUEST);
        echo.is_problem(if content.is_empty() { ErrorCode::EmptyFile } else { ErrorCode::BadRequest });
    }
    assert!(site.blobs().is_empty());
    assert_eq!(ledger(&site).await, []);
}

#[tokio::test]
async fn forms_and_bodies_are_bounded_as_on_other_routes() {
    let site = Site::new().await;
    for route in ROUTES {
        site.post(route).send().await.is_problem(ErrorCode::BadRequest);
        site.post(route).form(&[field("file", "a text")]).send().await.is_problem(ErrorCode::MissingFile);
        let large = vec![b'x'; MAX_UPLOAD as usize + 1];
        site.post(route).form(&[file("a.png", &large)]).send().await.is_problem(ErrorCode::TooLarge);
    }
    let other = [file("a.png", IMAGE), field("model", "none such")];
    site.post("/").form(&other).send().await.is_problem(ErrorCode::UnknownModel);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_engine_is_a_problem_and_not_a_partial_text() {
    let site = Site::with(Plan { script: Script::Refuse, ..Plan::default() }).await;
    let answer = image(&site, "/").send().await;
    answer.is_problem(ErrorCode::EngineFailed);
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    assert_eq!(ledger(&site).await[0].status, RunStatus::Failed);
}

#[tokio::test]
async fn disconnecting_cancels_the_run() {
    let site = Site::with(Plan { lines: 0, ..Plan::default() }).await;
    let asked = async {
        while site.engine.asked() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = image(&site, "/").send() => panic!("{}", answer.text()),
        () = asked => {}
    }
    site.engine.drops.acquire().await.unwrap().forget();
    assert_eq!(ledger(&site).await[0].status, RunStatus::Aborted);
    assert!(site.blobs().is_empty());
}

#[tokio::test]
async fn a_full_queue_is_reported_before_the_file_is_read() {
    let queue = QueueLimits { max_runs: 1, queue_max: 0 };
    let site = Site::with(Plan { queue, lines: 0, ..Plan::default() }).await;
    let running = image(&site, "/api/ocr/image").stream().await;
    for route in ROUTES {
        let answer = image(&site, route).send().await;
        answer.is_problem(ErrorCode::Unavailable);
        assert_ne!(answer.header("retry-after"), "");
    }
    drop(running);
}

#[tokio::test]
async fn an_echo_holds_its_queue_ticket_until_it_is_sent() {
    let queue = QueueLimits { max_runs: 1, queue_max: 0 };
    let site = Site::with(Plan { queue, ..Plan::default() }).await;
    let echo = image(&site, "/img-echo/").stream().await;
    assert_eq!(echo.status(), StatusCode::OK);
    image(&site, "/img-echo/").send().await.is_problem(ErrorCode::Unavailable);
    drop(echo);
    assert_eq!(image(&site, "/img-echo/").send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_or_a_key_with_the_scope_ocr_is_needed_if_callers_must_sign_in() {
    let site = Site::with_accounts().await;
    let ada = site.user("ada").await;
    let [ocr, read] = [site.key(&ada.access, &["ocr"]).await, site.key(&ada.access, &["read"]).await];
    for route in ROUTES {
        image(&site, route).send().await.is_problem(ErrorCode::Unauthorized);
        image(&site, route).bearer(TOKEN).send().await.is_problem(ErrorCode::Unauthorized);
        image(&site, route).bearer(&read.key.0).send().await.is_problem(ErrorCode::Forbidden);
        for token in [&ada.access, &ocr.key.0] {
            assert_eq!(image(&site, route).bearer(token).send().await.status, StatusCode::OK, "{route}");
        }
    }
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/users/me/usage").bearer(&ada.access).send().await.json();
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn a_shared_token_is_required_on_these_routes_and_valid_on_no_other() {
    let site = Site::with(Plan { shared_token: Some(TOKEN), ..Plan::default() }).await;
    for route in ROUTES {
        let refused = image(&site, route).send().await;
        refused.is_problem(ErrorCode::Unauthorized);
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        for wrong in ["", "x", &TOKEN[1..], &format!("{TOKEN}x"), &TOKEN.to_uppercase()] {
            image(&site, route).bearer(wrong).send().await.is_problem(ErrorCode::Unauthorized);
        }
        assert_eq!(image(&site, route).bearer(TOKEN).send().await.status, StatusCode::OK);
    }
    image(&site, "/api/ocr/image").bearer(TOKEN).send().await.is_problem(ErrorCode::Unauthorized);
    site.get("/api/users/me").bearer(TOKEN).send().await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(site.get("/api/users/me").send().await.status, StatusCode::OK);
    assert_eq!(ledger(&site).await.len(), 1);
}

#[tokio::test]
async fn a_caller_with_the_shared_token_is_the_anonymous_user() {
    let quotas =
        OperatorQuotas { anonymous: QuotaLimits { pages: Some(1), tokens: None }, ..OperatorQuotas::default() };
    let policy = AuthPolicy { required: true, quotas, ..Plan::default().policy };
    let site = Site::with(Plan { policy, shared_token: Some(TOKEN), ..Plan::default() }).await;
    let ada = site.user("ada").await;
    let read = || image(&site, "/");
    read().send().await.is_problem(ErrorCode::Unauthorized);
    assert_eq!(read().bearer(TOKEN).send().await.status, StatusCode::OK);
    let refused = read().bearer(TOKEN).send().await;
    refused.is_problem(ErrorCode::QuotaExceeded);
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(read().bearer(&ada.access).send().await.status, StatusCode::OK);
    let root = site.admin("root").await;
    site.settled().await;
    let rows: Vec<UsageEvent> = site.get("/api/admin/usage").bearer(&root.access).send().await.json();
    let names: Vec<_> = rows.iter().filter_map(|row| row.username.as_deref()).collect();
    assert_eq!(names, ["ada", "anonymous"]);
}

#[tokio::test]
async fn get_on_the_root_is_still_the_web_app() {
    let site = Site::new().await;
    let page = site.get("/").header("accept", "text/html").send().await;
    assert!(page.status == StatusCode::OK && page.header("content-type").starts_with("text/html"));
    assert_eq!(site.ask(Method::HEAD, "/").send().await.status, StatusCode::OK);
    site.delete("/").send().await.is_problem(ErrorCode::MethodNotAllowed);
    let described: Value = site.get("/openapi.json").send().await.json();
    for route in ROUTES {
        let methods: Vec<_> = described["paths"][route].as_object().unwrap().keys().collect();
        assert_eq!(methods, ["post"], "{route}");
    }
}

#[tokio::test]
async fn a_real_page_is_read_and_real_images_are_echoed() {
    let site = Site::real().await;
    let answer: MicroText = site.post("/").form(&[file("page.png", page::IMAGE)]).send().await.json();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&answer.original), words(page::TEXT));
    assert_eq!(words(&answer.results.join(" ")), words(page::TEXT));

    let two_pages = tiff::pages(2);
    for (media_type, bytes) in [
        ("image/png", page::IMAGE),
        ("image/tiff", &two_pages),
        ("image/heic", images::HEIC),
        ("image/avif", images::AVIF),
        ("image/jp2", images::JP2),
    ] {
        let echo = site.post("/img-echo/").form(&[file("a.pdf", bytes)]).send().await;
        assert_eq!((echo.status, echo.header("content-type")), (StatusCode::OK, media_type));
        assert!(echo.bytes == bytes, "{media_type}: other bytes");
    }
    for bytes in [&pdf::numbered(1)[..], pdf::ENCRYPTED, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a"] {
        site.post("/img-echo/").form(&[file("a.png", bytes)]).send().await.is_problem(ErrorCode::BadRequest);
    }
    let huge = file("a.png", &png::claims_900_million_pixels());
    site.post("/img-echo/").form(&[huge]).send().await.is_problem(ErrorCode::TooManyPixels);
    site.settled().await;
    assert!(site.blobs().is_empty());
}
