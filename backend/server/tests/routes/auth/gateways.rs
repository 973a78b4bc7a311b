//! Callers behind a gateway, distinguished by its forwarding headers.

use inkstream_wire::ErrorCode;

use crate::{
    accounts::PASSWORD,
    harness::{Plan, Site},
};

#[tokio::test]
async fn wrong_passwords_of_one_caller_do_not_lock_out_others_behind_the_same_gateway() {
    let site = Site::with(Plan { proxies: "10.0.0.0/8", ..Plan::default() }).await;
    site.register("ada").await;
    for (header, guesser, owner) in [
        ("x-forwarded-for", "198.51.100.1:50123", "198.51.100.2:50124"),
        ("x-forwarded-for", "[2001:db8::1]:50123", "[2001:db8:0:1::1]:50123"),
        ("x-forwarded-for", "[2001:db8:0:2::1]", "[2001:db8:0:3::1]"),
        ("forwarded", "for=\"198.51.100.3:1\";proto=https", "for=198.51.100.4"),
        ("x-real-ip", "198.51.100.5", "198.51.100.6"),
    ] {
        let ask = |caller: &str, password: &str| {
            site.signing_in("ada", password).from("10.0.0.1").header(header, caller).send()
        };
        for _ in 0..10 {
            ask(guesser, "wrong horse").await.is_problem(ErrorCode::Unauthorized);
        }
        ask(guesser, PASSWORD).await.is_problem(ErrorCode::TooManyRequests);
        assert_eq!(ask(owner, PASSWORD).await.status, 200, "{header}: {owner}");
    }
}

#[tokio::test]
async fn a_proxy_that_hides_its_callers_is_counted() {
    let site = Site::with(Plan { proxies: "10.0.0.0/8", ..Plan::default() }).await;
    for (header, value) in [("x-forwarded-for", "nonsense"), ("forwarded", "for=_hidden")] {
        let answer = site.get("/api/users/me").from("10.0.0.1").header(header, value).send().await;
        assert_eq!(answer.status, 200);
    }
    let metrics = site.get("/metrics").send().await;
    for labels in ["header=\"x-forwarded-for\",reason=\"malformed\"", "header=\"forwarded\",reason=\"hidden\""] {
        let counted = format!("inkstream_forwarded_not_understood_total{{{labels}}}");
        assert!(metrics.text().contains(&counted), "{labels}");
    }
    assert!(!metrics.text().contains("nonsense"));
}
