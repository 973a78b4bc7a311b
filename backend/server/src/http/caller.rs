//! Extractors that authenticate and authorize callers. A handler states what it requires by the type of its argument.

use std::{net::IpAddr, sync::Arc};

use axum::extract::{FromRequestParts, RawPathParams};
use http::{HeaderMap, header, request::Parts};
use inkstream_core::{
    Error, Result,
    accounts::{Principal, Signature, authenticate, is_credential_shaped},
    documents,
    network::Network,
    owner::Owner,
    ports::UserRecord,
    runs::Client,
};
use inkstream_wire::{DocumentId, ErrorCode, Scope, UserId};
use serde::Deserialize;

use super::{Service, cookies, extract::Query, failure::Failure, openai, request_origin::RequestOrigin};

/// A caller, authenticated by a token or an API key, or the anonymous user where that is allowed.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The owner of the rows that the caller reads and writes.
    pub(super) owner: Owner,
    /// The identities that the queue counts the caller's runs by.
    pub(super) clients: Vec<Client>,
    /// `None` for the anonymous user.
    principal: Option<Principal>,
    address: Option<IpAddr>,
}

/// A caller with the scope `read`: may see documents and usage.
#[derive(Debug, Clone)]
pub(super) struct RequireReadScope(pub(super) Caller);

/// A caller with the scope `ocr`: may upload, recognize, correct and delete documents.
#[derive(Debug, Clone)]
pub(super) struct RequireOcrScope(pub(super) Caller);

/// A caller of the micro-service's routes: as [`RequireOcrScope`], or with the operator's `SHARED_TOKEN`. If that is set, every
/// caller needs a token.
#[derive(Debug, Clone)]
pub(super) struct MicroCaller(pub(super) Caller);

/// The owner of the document that is viewed. The caller is the owner, with a token, or anyone with a signed URL.
#[derive(Debug, Clone)]
pub(super) struct Viewer(pub(super) Owner);

/// A user who has signed in with a password. API keys are not enough.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) user: UserRecord,
    pub(super) address: Option<IpAddr>,
}

/// An admin who has signed in.
#[derive(Debug, Clone)]
pub(super) struct Admin {
    pub(super) id: UserId,
    pub(super) address: Option<IpAddr>,
}

/// Limits on the concurrent runs of each kind of client.
#[derive(Debug, Clone, Copy)]
pub struct ClientLimits {
    /// Whether callers must sign in.
    pub auth: bool,
    /// Concurrent runs of a user, of a key, or, if nobody signs in, of a browser session or address.
    pub per_client: usize,
    /// Concurrent runs of all callers from one address, if callers must sign in.
    pub per_address: usize,
    /// Concurrent runs of an anonymous caller, if callers must sign in.
    pub anonymous: usize,
    /// Queued runs of each client.
    pub queue_max_per_client: usize,
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let RequestOrigin { address, .. } = RequestOrigin::from_request_parts(parts, service).await?;
        match credential(parts, service).map(str::to_owned) {
            Some(token) => {
                let principal = authenticate(&service.accounts, &token).await?;
                let owner = principal.owner();
                service.rates.count_user(parts, owner.user, owner.key.map(|key| key.0))?;
                let clients = service.clients.of_user(&owner, address);
                Ok(Self { owner, clients, principal: Some(principal), address })
            }
            None if service.accounts.auth.policy.lets_anyone_in() => {
                service.rates.count_anonymous(parts, address)?;
                let session = cookies::session(&parts.headers);
                let owner = Owner { user: service.anonymous.id.0, session, anonymous: true, key: None };
                let clients = service.clients.of_anonymous(&owner, address);
                Ok(Self { owner, clients, principal: None, address })
            }
            None => Err(Failure::new(ErrorCode::Unauthorized, "Sign in, or send an API key.")),
        }
    }
}

impl Caller {
    fn require(self, scope: Scope) -> Result<Self> {
        if self.principal.as_ref().is_none_or(|principal| principal.may(scope)) {
            return Ok(self);
        }
        let name = match scope {
            Scope::Ocr => "ocr",
            Scope::Jobs => "jobs",
            Scope::Read => "read",
        };
        Err(Error::new(ErrorCode::Forbidden, format!("This API key lacks the scope {name}.")))
    }
}

impl FromRequestParts<Arc<Service>> for RequireReadScope {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        Ok(Self(Caller::from_request_parts(parts, service).await?.require(Scope::Read)?))
    }
}

impl FromRequestParts<Arc<Service>> for RequireOcrScope {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        Ok(Self(Caller::from_request_parts(parts, service).await?.require(Scope::Ocr)?))
    }
}

impl FromRequestParts<Arc<Service>> for MicroCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let shared = service.shared_token.as_ref();
        match shared.map(|shared| bearer(&parts.headers).map(|token| shared.matches(token))) {
            None | Some(Some(false)) => Ok(Self(RequireOcrScope::from_request_parts(parts, service).await?.0)),
            Some(None) => {
                RequestOrigin::from_request_parts(parts, service).await?;
                let detail = "Send a token: the operator's SHARED_TOKEN, an API key, or an access token.";
                Err(Failure::new(ErrorCode::Unauthorized, detail))
            }
            Some(Some(true)) => {
                let RequestOrigin { address, .. } = RequestOrigin::from_request_parts(parts, service).await?;
                // The ledger counts it as the anonymous user. It has proved to know the token, so its rates and runs are bounded
                // as a user's.
                let owner = Owner { user: service.anonymous.id.0, session: None, anonymous: true, key: None };
                service.rates.count_user(parts, owner.user, None)?;
                let clients = service.clients.of_user(&owner, address);
                Ok(Self(Caller { owner, clients, principal: None, address }))
            }
        }
    }
}

impl FromRequestParts<Arc<Service>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let caller = Caller::from_request_parts(parts, service).await?;
        let Some(principal) = caller.principal else {
            return Err(Failure::new(ErrorCode::Forbidden, "The anonymous user has no account. Sign in first."));
        };
        if principal.session().is_none() {
            return Err(Failure::new(ErrorCode::Forbidden, "An API key cannot do this: sign in with the password."));
        }
        Ok(Self { user: principal.user, address: caller.address })
    }
}

impl FromRequestParts<Arc<Service>> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let caller = Caller::from_request_parts(parts, service).await?;
        match caller.principal {
            Some(principal) if principal.is_admin() => Ok(Self { id: principal.user.id, address: caller.address }),
            _ => Err(Failure::new(ErrorCode::Forbidden, "Only an admin who has signed in may do this.")),
        }
    }
}

#[derive(Debug, Deserialize)]
struct SignatureQuery {
    exp: Option<i64>,
    sig: Option<String>,
}

impl FromRequestParts<Arc<Service>> for Viewer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let Query(SignatureQuery { exp, sig }) = Query::from_request_parts(parts, service).await?;
        let (Some(exp), Some(sig)) = (exp, sig) else {
            let RequireReadScope(Caller { owner, .. }) = RequireReadScope::from_request_parts(parts, service).await?;
            return Ok(Self(owner));
        };
        RequestOrigin::from_request_parts(parts, service).await?;
        let not_found = || Failure::new(ErrorCode::NotFound, "Nothing has this address.");
        let params = RawPathParams::from_request_parts(parts, service).await.map_err(|_| not_found())?;
        let id = params.iter().find(|(name, _)| *name == "id").and_then(|(_, id)| id.parse::<DocumentId>().ok());
        let path = parts.uri.path();
        let signature = Signature { exp, sig };
        Ok(Self(documents::owner_by_link(&service.documents, id.ok_or_else(not_found)?, path, &signature).await?))
    }
}

impl ClientLimits {
    fn of_user(&self, owner: &Owner, address: Option<IpAddr>) -> Vec<Client> {
        let mut clients = vec![self.client(format!("user {}", owner.user), self.per_client)];
        clients.extend(owner.key.map(|key| self.client(format!("key {key}"), self.per_client)));
        clients.extend(self.shared(address));
        clients
    }

    fn of_anonymous(&self, owner: &Owner, address: Option<IpAddr>) -> Vec<Client> {
        let network = address.map_or_else(|| "nowhere".to_owned(), |address| Network::from(address).to_string());
        if !self.auth {
            let name = owner.session.map_or(network, |session| session.to_string());
            return vec![self.client(name, self.per_client)];
        }
        let mut clients = vec![self.client(format!("anonymous {network}"), self.anonymous)];
        clients.extend(self.shared(address));
        clients
    }

    fn shared(&self, address: Option<IpAddr>) -> Option<Client> {
        let network = address.filter(|_| self.auth).map(Network::from)?;
        Some(self.client(format!("address {network}"), self.per_address))
    }

    fn client(&self, name: String, max_runs: usize) -> Client {
        Client { name, max_runs, queue_max: self.queue_max_per_client }
    }
}

/// The credential of a request: its bearer token.
///
/// `OpenAI`'s clients do not start without a key. So if nobody needs to sign in, their routes ignore an invented key, as vLLM and
/// Ollama do, but not a wrong key of this server's form. They also accept a key as `api-key` or `x-api-key`, as Azure's clients
/// send it.
fn credential<'a>(parts: &'a Parts, service: &Service) -> Option<&'a str> {
    let token = bearer(&parts.headers);
    if !openai::is_openai_route(parts.uri.path()) {
        return token;
    }
    let is_ours = |token: &str| {
        is_credential_shaped(token) || service.shared_token.as_ref().is_some_and(|shared| shared.matches(token))
    };
    let is_invented =
        |token: &str| token == openai::NO_KEY || (!service.accounts.auth.policy.required && !is_ours(token));
    let key = || {
        let named = openai::KEY_HEADERS.into_iter().filter_map(|name| parts.headers.get(name)?.to_str().ok());
        named.map(str::trim).find(|key| is_credential_shaped(key))
    };
    token.filter(|token| !is_invented(token)).or_else(key)
}

/// The bearer token of a request, if it has one that is not empty.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?;
    // Treat a header that is not text as a wrong token: the caller did try to authenticate.
    let (scheme, token) = value.to_str().unwrap_or("bearer ?").split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}
