use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::*;

const KEY: &str = "a key of more than thirty-two bytes, for tests";

fn keys(current: &str, previous: &[&str]) -> SecretKeys {
    SecretKeys::new(SecretString::from(current), previous.iter().map(|key| SecretString::from(*key)).collect()).unwrap()
}

fn tokens() -> AccessTokens {
    AccessTokens::new(TokenAlgorithm::Hs256, &keys(KEY, &[]), Duration::from_hours(1))
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn access() -> Access {
    Access { user: UserId(Uuid::new_v4()), session: Uuid::new_v4() }
}

/// A token with this header and these claims, signed with `key` as `algorithm` says.
fn forged(algorithm: Algorithm, header: &Value, claims: &Value, key: &str) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(key.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({"alg": "HS256", "typ": "at+jwt"})
}

fn claims() -> Value {
    let at = now().as_second();
    json!({"iss": "inkstream", "aud": "inkstream", "sub": Uuid::new_v4(), "exp": at + 60, "iat": at - 60,
        "jti": Uuid::new_v4(), "sid": Uuid::new_v4()})
}

/// `claims()` with one of them changed; null takes it away.
fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn is_refused(token: &str) -> bool {
    tokens().verify(token, now()).is_none()
}

#[test]
fn a_token_names_its_user_until_it_expires() {
    let (tokens, access) = (tokens(), access());
    let token = tokens.issue(access, now()).unwrap();
    assert_eq!(tokens.verify(&token.0, now()), Some(access));
    assert_eq!(tokens.verify(&token.0, now() + Duration::from_secs(3_599)), Some(access));
    assert_eq!(tokens.verify(&token.0, now() + Duration::from_hours(1)), None);
    assert_eq!(tokens.verify(&token.0, now() - Duration::from_secs(1)), None);
}

#[test]
fn a_token_has_every_claim_and_is_unique() {
    let (tokens, access) = (tokens(), access());
    let payload = |token: &Secret| -> Value {
        serde_json::from_slice(&BASE64.decode(token.0.split('.').nth(1).unwrap()).unwrap()).unwrap()
    };
    let [first, second] = [0, 1].map(|_| payload(&tokens.issue(access, now()).unwrap()));
    for name in ["iss", "aud", "sub", "exp", "iat", "jti", "sid"] {
        assert!(!first[name].is_null(), "{name}");
    }
    assert_ne!(first["jti"], second["jti"]);
}

#[test]
fn the_forging_helper_makes_a_valid_token_from_valid_parts() {
    assert!(!is_refused(&forged(Algorithm::HS256, &header(), &claims(), KEY)));
}

#[test]
fn other_algorithms_are_refused_even_of_the_same_family() {
    let message =
        format!("{}.{}", BASE64.encode(r#"{"alg":"none","typ":"at+jwt"}"#), BASE64.encode(claims().to_string()));
    for alg in ["none", "None", "NONE", "nOnE"] {
        let unsigned = format!(
            "{}.{}.",
            BASE64.encode(json!({"alg": alg, "typ": "at+jwt"}).to_string()),
            BASE64.encode(claims().to_string())
        );
        assert!(is_refused(&unsigned), "{alg}");
    }
    assert!(is_refused(&message));
    assert!(is_refused(&format!("{message}.AAAA")));
    for (algorithm, name) in [(Algorithm::HS384, "HS384"), (Algorithm::HS512, "HS512")] {
        let header = json!({"alg": name, "typ": "at+jwt"});
        assert!(is_refused(&forged(algorithm, &header, &claims(), KEY)), "{name}");
    }
    for name in ["RS256", "ES256", "PS256", "EdDSA", "hs256", ""] {
        let header = json!({"alg": name, "typ": "at+jwt"});
        assert!(is_refused(&forged(Algorithm::HS256, &header, &claims(), KEY)), "{name}");
    }
}

#[test]
fn headers_that_name_a_key_are_refused() {
    for name in ["jku", "x5u"] {
        let mut header = header();
        header[name] = json!("https://attacker.example/keys.json");
        assert!(is_refused(&forged(Algorithm::HS256, &header, &claims(), KEY)), "{name}");
    }
    let mut embedded = header();
    embedded["jwk"] = json!({"kty": "oct", "k": "YXR0YWNrZXI", "alg": "HS256"});
    assert!(is_refused(&forged(Algorithm::HS256, &embedded, &claims(), KEY)));
    let mut critical = header();
    critical["crit"] = json!(["exp"]);
    assert!(is_refused(&forged(Algorithm::HS256, &critical, &claims(), KEY)));
}

#[test]
fn tokens_of_another_type_issuer_audience_or_key_are_refused() {
    for typ in [json!("JWT"), json!("refresh"), Value::Null] {
        let header = json!({"alg": "HS256", "typ": typ});
        assert!(is_refused(&forged(Algorithm::HS256, &header, &claims(), KEY)), "{typ}");
    }
    assert!(is_refused(&forged(Algorithm::HS256, &header(), &claims_with("iss", json!("elsewhere")), KEY)));
    assert!(is_refused(&forged(Algorithm::HS256, &header(), &claims_with("aud", json!("elsewhere")), KEY)));
    assert!(is_refused(&forged(Algorithm::HS256, &header(), &claims(), "another key of more than thirty-two bytes")));
}

#[test]
fn times_that_are_not_numbers_or_not_now_are_refused() {
    let at = now().as_second();
    let far = "9999999999";
    for (name, value) in [
        ("exp", json!(far)),
        ("exp", json!(at)),
        ("exp", json!(-1)),
        ("exp", json!(9e99)),
        ("nbf", json!("0")),
        ("nbf", json!(at + 1)),
        ("iat", json!("0")),
        ("iat", json!(at + 1)),
    ] {
        assert!(
            is_refused(&forged(Algorithm::HS256, &header(), &claims_with(name, value.clone()), KEY)),
            "{name} {value}"
        );
    }
    assert!(!is_refused(&forged(Algorithm::HS256, &header(), &claims_with("nbf", json!(at)), KEY)));
}

#[test]
fn tokens_without_a_claim_are_refused() {
    for name in ["iss", "aud", "sub", "exp", "iat", "jti", "sid"] {
        assert!(is_refused(&forged(Algorithm::HS256, &header(), &claims_with(name, Value::Null), KEY)), "{name}");
    }
    assert!(is_refused(&forged(Algorithm::HS256, &header(), &claims_with("sub", json!("admin")), KEY)));
}

#[test]
fn tampered_and_oversized_tokens_are_refused() {
    let token = tokens().issue(access(), now()).unwrap().0;
    let parts: Vec<&str> = token.split('.').collect();
    let other = BASE64.encode(claims().to_string());
    for wrong in [
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][1..]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}.{}", parts[2]),
        format!(" {token}"),
        String::new(),
        "..".to_owned(),
        "é.é.é".to_owned(),
    ] {
        assert!(is_refused(&wrong), "{wrong}");
    }
    let huge = forged(Algorithm::HS256, &header(), &claims_with("more", json!("x".repeat(8_192))), KEY);
    assert!(is_refused(&huge));
}

#[test]
fn a_token_of_the_previous_key_is_valid_but_new_ones_use_the_current_key() {
    let access = access();
    let old = tokens().issue(access, now()).unwrap();
    let new_key = "the key that took the place of the one for tests";
    let rotated = AccessTokens::new(TokenAlgorithm::Hs256, &keys(new_key, &[KEY]), Duration::from_hours(1));
    assert_eq!(rotated.verify(&old.0, now()), Some(access));
    let new = rotated.issue(access, now()).unwrap();
    assert!(is_refused(&new.0));
}

#[test]
fn tokens_of_this_server_are_recognized_by_their_form_even_if_invalid() {
    let token = tokens().issue(access(), now()).unwrap().0;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other_key = forged(Algorithm::HS256, &header(), &claims(), "another key of more than thirty-two bytes");
    let unsigned = forged(Algorithm::HS256, &json!({"alg": "none"}), &claims(), KEY);
    // Cut where the claims, or the signature, should be.
    let cut = [&token[..token.len() - 50], &token[..40], signed];
    for ours in [&[token.as_str(), &other_key, &unsigned, &format!("{signed}.x{signature}")][..], &cut].concat() {
        assert!(is_token_shaped(ours), "{ours}");
    }
    let foreign = forged(Algorithm::HS256, &header(), &claims_with("iss", json!("https://login.example")), KEY);
    let nobodys =
        forged(Algorithm::HS256, &json!({"alg": "HS256", "typ": "JWT"}), &claims_with("iss", json!(null)), KEY);
    for other in ["", "x", "none", "EMPTY", "sk-proj-abc.def.ghi", "a.b.c", "...", "é.é.é", &foreign, &nobodys] {
        assert!(!is_token_shaped(other), "{other}");
    }
    assert!(!is_token_shaped(&format!("{signed}.{}", "x".repeat(MAX_LENGTH))));
}
