//! `/openapi.json`

use serde_json::Value;

use crate::harness::Site;

/// The contract's account routes.
const ACCOUNT_ROUTES: [(&str, &[&str]); 16] = [
    ("/api/auth/settings", &["get"]),
    ("/api/auth/register", &["post"]),
    ("/api/auth/token", &["post"]),
    ("/api/auth/refresh", &["post"]),
    ("/api/auth/logout", &["post"]),
    ("/api/users/me", &["get", "delete"]),
    ("/api/users/me/password", &["patch"]),
    ("/api/users/me/api-keys", &["get", "post"]),
    ("/api/users/me/api-keys/{id}", &["delete"]),
    ("/api/users/me/usage", &["get"]),
    ("/api/users/me/usage/summary", &["get"]),
    ("/api/admin/users", &["get"]),
    ("/api/admin/users/{id}", &["patch"]),
    ("/api/admin/usage", &["get"]),
    ("/api/admin/engines", &["get"]),
    ("/api/admin/audit", &["get"]),
];

async fn description() -> Value {
    Site::new().await.get("/openapi.json").send().await.json()
}

#[tokio::test]
async fn every_account_route_is_described() {
    let description = description().await;
    for (path, methods) in ACCOUNT_ROUTES {
        for method in methods {
            assert!(description["paths"][path][method].is_object(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_description_has_the_password_flow_and_keys_for_authorization() {
    let description = description().await;
    let schemes = &description["components"]["securitySchemes"];
    assert_eq!(schemes["password"]["flows"]["password"]["tokenUrl"], "/api/auth/token");
    assert_eq!((&schemes["bearer"]["type"], &schemes["bearer"]["scheme"]), (&"http".into(), &"bearer".into()));
    let names: Vec<&str> = description["security"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|requirement| requirement.as_object().unwrap().keys().next())
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["password", "bearer"]);
}

#[tokio::test]
async fn secrets_are_described_as_passwords_and_never_with_an_example() {
    let description = description().await;
    let secret = &description["components"]["schemas"]["Secret"];
    assert_eq!((&secret["type"], &secret["format"]), (&"string".into(), &"password".into()));
}
