//! Rate limits and limits on concurrent runs.

use std::num::NonZeroU32;

use inkstream::settings::{PerMinute, RateSettings};
use inkstream_core::accounts::AuthPolicy;
use inkstream_wire::ErrorCode;

use crate::{
    fakes::IMAGE,
    harness::{Plan, Site, file},
};

fn rates(address: u32, anonymous: u32, user: u32, key: u32) -> RateSettings {
    let limit = |number| PerMinute(NonZeroU32::new(number));
    RateSettings {
        rate_limit_address: limit(address),
        rate_limit_anonymous: limit(anonymous),
        rate_limit_user: limit(user),
        rate_limit_key: limit(key),
    }
}

async fn site(rates: RateSettings, proxies: &'static str) -> Site {
    let policy = AuthPolicy { required: true, anonymous_allowed: true, ..Plan::default().policy };
    Site::with(Plan { policy, rates, proxies, per_client: (1, 0), lines: 0, ..Plan::default() }).await
}

#[tokio::test]
async fn responses_have_rate_limit_headers_and_429_has_retry_after() {
    let site = site(rates(3, 0, 0, 0), "").await;
    let ask = || site.get("/api/documents").from("198.51.100.1").send();
    for left in ["2", "1", "0"] {
        let answer = ask().await;
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("3", left));
        assert!((1..=60).contains(&answer.header("ratelimit-reset").parse::<u64>().unwrap()));
    }
    let refused = ask().await;
    refused.is_problem(ErrorCode::TooManyRequests);
    assert!((1..=21).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    assert_eq!(site.get("/api/documents").from("198.51.100.2").send().await.status, 200);
    assert_eq!(site.get("/health").from("198.51.100.1").send().await.status, 200, "probes are not counted");
}

#[tokio::test]
async fn guesses_of_tokens_count_against_the_address() {
    let site = site(rates(2, 0, 0, 0), "").await;
    let guess = || site.get("/api/users/me").bearer("wrong").from("198.51.100.1").send();
    guess().await.is_problem(ErrorCode::Unauthorized);
    guess().await.is_problem(ErrorCode::Unauthorized);
    guess().await.is_problem(ErrorCode::TooManyRequests);
}

#[tokio::test]
async fn callers_without_a_token_have_a_limit_of_their_own() {
    let site = site(rates(0, 1, 0, 0), "").await;
    let ada = site.user("ada").await;
    let ask = || site.get("/api/documents").from("198.51.100.1");
    assert_eq!(ask().send().await.status, 200);
    ask().send().await.is_problem(ErrorCode::TooManyRequests);
    assert_eq!(ask().bearer(&ada.access).send().await.status, 200);
}

#[tokio::test]
async fn a_user_and_each_key_have_limits_wherever_they_come_from() {
    let site = site(rates(0, 0, 4, 1), "").await;
    let ada = site.user("ada").await;
    let [one, two] = [site.key(&ada.access, &["read"]).await, site.key(&ada.access, &["read"]).await];
    let ask = |token: &str, address: &str| site.get("/api/documents").bearer(token).from(address).send();
    assert_eq!(ask(&one.key.0, "198.51.100.1").await.status, 200);
    ask(&one.key.0, "198.51.100.2").await.is_problem(ErrorCode::TooManyRequests);
    ask(&two.key.0, "198.51.100.3").await.is_problem(ErrorCode::TooManyRequests);
}

#[tokio::test]
async fn addresses_are_taken_only_from_trusted_proxies() {
    let site = site(rates(1, 0, 0, 0), "10.0.0.1").await;
    let ask = |peer: &str, client: &str| site.get("/api/documents").from(peer).header("x-forwarded-for", client).send();
    assert_eq!(ask("10.0.0.1", "198.51.100.1").await.status, 200);
    assert_eq!(ask("10.0.0.1", "198.51.100.2").await.status, 200);
    ask("10.0.0.1", "1.2.3.4, 198.51.100.2").await.is_problem(ErrorCode::TooManyRequests);
    assert_eq!(ask("203.0.113.1", "198.51.100.3").await.status, 200);
    ask("203.0.113.1", "198.51.100.4").await.is_problem(ErrorCode::TooManyRequests);
}

#[tokio::test]
async fn concurrent_runs_are_limited_by_user_and_by_address() {
    let site = site(rates(0, 0, 0, 0), "").await;
    let [ada, eve] = [site.user("ada").await, site.user("eve").await];
    let read = |token: &str, address: &str| {
        site.post("/api/ocr/image").bearer(token).from(address).form(&[file("a.png", IMAGE)])
    };
    let running = read(&ada.access, "198.51.100.1").stream().await;
    assert_eq!(running.status(), 200);
    read(&ada.access, "198.51.100.2").send().await.is_problem(ErrorCode::TooManyRequests);
    read(&eve.access, "198.51.100.1").send().await.is_problem(ErrorCode::TooManyRequests);
    let other = read(&eve.access, "198.51.100.2").stream().await;
    assert_eq!(other.status(), 200);
    drop((running, other));
}

#[tokio::test]
async fn ipv6_addresses_of_one_network_count_as_one() {
    let site = site(rates(0, 0, 0, 0), "").await;
    let read = |address: &str| site.post("/api/ocr/image").from(address).form(&[file("a.png", IMAGE)]);
    let running = read("2001:db8::1").stream().await;
    assert_eq!(running.status(), 200);
    read("2001:db8::2").send().await.is_problem(ErrorCode::TooManyRequests);
    assert_eq!(read("2001:db8:0:1::1").stream().await.status(), 200);
    drop(running);
}
