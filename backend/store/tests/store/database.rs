//! A migrated, throw-away database with one user, and the things that most tests need on it.

use inkstream_core::{
    owner::Owner,
    ports::{
        BlobKey, DocumentStore as _, NewAudit, NewDocument, NewRun, NewUser, PageOutcome, PageRecord, PageResult,
        PageStore as _, RunStore as _, Settlement, UsageRecord, UserStore as _,
    },
    quota::{Month, MonthUsed, QuotaLimits},
};
use inkstream_store::{Database, connect};
use inkstream_wire::{
    AuditId, AuditKind, DocumentId, DocumentKind, ErrorCode, EventError, PageStatus, Role, RunId, RunKind, RunStatus,
    Usage, UsageId, UserId,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Makes two tests of each `async fn(TestDatabase)`.
macro_rules! on_both_databases {
    ($($name:ident;)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::database::TestDatabase::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::database::TestDatabase::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_databases;

pub(crate) struct TestDatabase {
    pub(crate) db: Database,
    pub(crate) url: String,
    pub(crate) folder: tempfile::TempDir,
    /// The user `anonymous`.
    pub(crate) user: Uuid,
    /// This process, as runs name it.
    pub(crate) boot: Uuid,
}

/// `seconds` after the moment at which every test begins.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

/// The month of every moment of [`at`] that tests use.
pub(crate) fn month() -> Month {
    Month::at(at(0))
}

/// A row for the audit trail, at second 10.
pub(crate) fn audit(event: AuditKind) -> NewAudit {
    NewAudit { id: AuditId(Uuid::new_v4()), at: at(10), event, actor: None, subject: None, address: None, detail: None }
}

/// A PDF of that many pages, there for 1,000 seconds.
pub(crate) fn new_document(owner: &Owner, pages: u32, created_at: Timestamp) -> NewDocument {
    let id = DocumentId(Uuid::new_v4());
    NewDocument {
        id,
        owner: owner.clone(),
        filename: "A letter.pdf".to_owned(),
        kind: DocumentKind::Pdf,
        bytes: 12_345,
        pages,
        blob: BlobKey::document(id.0),
        created_at,
        expires_at: created_at + SignedDuration::from_secs(1_000),
        transient: false,
    }
}

/// The password hash of every user that a test makes.
pub(crate) const PASSWORD_HASH: &str = "a hash";

pub(crate) fn new_user(name: &str, role: Role) -> NewUser {
    NewUser {
        id: UserId(Uuid::new_v4()),
        username: name.parse().unwrap(),
        password_hash: Some(PASSWORD_HASH.to_owned()),
        role,
        created_at: at(0),
    }
}

impl TestDatabase {
    pub(crate) async fn sqlite() -> Self {
        Self::open("sqlite://ink/test.db".to_owned()).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::open(inkstream_testkit::postgres::database().await.unwrap()).await
    }

    async fn open(url: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = connect(&url, folder.path()).await.unwrap();
        db.migrate_up().await.unwrap();
        let user = db.ensure_anonymous(&"anonymous".parse().unwrap(), at(0)).await.unwrap().0;
        Self { db, url, folder, user, boot: Uuid::new_v4() }
    }

    /// The same database through connections of its own, as another process has them.
    pub(crate) async fn second_connection(&self) -> Database {
        connect(&self.url, self.folder.path()).await.unwrap()
    }

    /// A fresh anonymous browser.
    pub(crate) fn browser(&self) -> Owner {
        Owner { user: self.user, session: Some(Uuid::new_v4()), anonymous: true, key: None }
    }

    /// An anonymous client without a session.
    pub(crate) fn client(&self) -> Owner {
        Owner { user: self.user, session: None, anonymous: true, key: None }
    }

    /// A fresh user with an account.
    pub(crate) async fn user(&self, name: &str) -> UserId {
        self.user_as(name, Role::User).await
    }

    pub(crate) async fn user_as(&self, name: &str, role: Role) -> UserId {
        let user = new_user(name, role);
        let id = user.id;
        self.db.add_user(user, audit(AuditKind::Registered)).await.unwrap();
        id
    }

    /// The same, signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Owner {
        Owner { user: self.user(name).await.0, session: None, anonymous: false, key: None }
    }

    /// A user's meter of the month that tests are in.
    pub(crate) async fn meter(&self, owner: &Owner) -> MonthUsed {
        self.db.account(UserId(owner.user), month()).await.unwrap().used
    }

    /// A PDF of that many pages, there from second 0 to second 1,000.
    pub(crate) async fn document(&self, owner: &Owner, pages: u32) -> DocumentId {
        self.document_at(owner, pages, at(0)).await
    }

    pub(crate) async fn document_at(&self, owner: &Owner, pages: u32, created_at: Timestamp) -> DocumentId {
        let document = new_document(owner, pages, created_at);
        let id = document.id;
        self.db.add_document(document).await.unwrap();
        id
    }

    pub(crate) fn new_run(&self, owner: &Owner, document: DocumentId, pages: &[u32]) -> NewRun {
        NewRun {
            id: RunId(Uuid::new_v4()),
            usage_id: UsageId(Uuid::new_v4()),
            owner: owner.clone(),
            document,
            kind: RunKind::Pdf,
            model: "tesseract".to_owned(),
            engine: "tesseract".to_owned(),
            pages: pages.to_vec(),
            input_bytes: 12_345,
            created_at: at(10),
            boot: self.boot,
            lease_until: at(40),
            ends_document: false,
            month: month(),
            quota: QuotaLimits::default(),
        }
    }

    /// Begins a run at second 10, with a lease until second 40.
    pub(crate) async fn begin(&self, owner: &Owner, document: DocumentId, pages: &[u32]) -> RunId {
        let run = self.new_run(owner, document, pages);
        let id = run.id;
        self.db.begin_run(run).await.unwrap();
        id
    }

    pub(crate) async fn settle(&self, run: RunId, status: RunStatus) -> UsageRecord {
        self.db.settle_run(Settlement { run, status, ended_at: at(20) }).await.unwrap()
    }

    pub(crate) async fn page(&self, document: DocumentId, number: u32) -> PageRecord {
        self.db.page(document, number).await.unwrap().record
    }

    pub(crate) async fn pages(&self, document: DocumentId) -> Vec<PageRecord> {
        self.db.pages(document, 0, u32::MAX).await.unwrap().into_iter().map(|page| page.record).collect()
    }

    pub(crate) async fn statuses(&self, document: DocumentId) -> Vec<PageStatus> {
        self.db.page_summaries(document, 0, u32::MAX).await.unwrap().iter().map(|page| page.status).collect()
    }
}

/// Settles every run that has lapsed, as the sweeper does. Returns how many.
pub(crate) async fn settle_lapsed(db: &Database, now: Timestamp, but_boot: Option<Uuid>) -> u64 {
    let mut settled = 0;
    for run in db.lapsed_runs(now, but_boot).await.unwrap() {
        settled += u64::from(db.settle_lapsed(run, now, but_boot).await.unwrap());
    }
    settled
}

/// A complete page with 3 prompt and 5 completion tokens.
pub(crate) fn done_page(run: RunId, document: DocumentId, page: u32) -> PageResult {
    PageResult {
        run,
        document,
        page,
        outcome: PageOutcome::Done,
        size: Some((1654, 2339)),
        dpi: Some(200.0),
        text: format!("Text of page {page}"),
        occurrences: Vec::new(),
        confidence: Some(91.5),
        finish_reason: Some("stop".to_owned()),
        usage: Usage {
            prompt_tokens: 3,
            completion_tokens: 5,
            prompt_chars: 7,
            completion_chars: 14,
            input_bytes: 99,
            ..Usage::default()
        },
        counts: true,
        cost: None,
        model: "tesseract".to_owned(),
        engine: "tesseract".to_owned(),
        locates: false,
        rotation: 0,
        metadata: None,
        warnings: Vec::new(),
        content: None,
        attempts: Vec::new(),
        finished_at: at(15),
    }
}

/// The same, but failed after `text`.
pub(crate) fn failed(run: RunId, document: DocumentId, page: u32, text: &str) -> PageResult {
    let error = EventError { code: ErrorCode::EngineTimeout, message: "The engine is too slow.".to_owned() };
    PageResult {
        outcome: PageOutcome::Failed(error),
        text: text.to_owned(),
        counts: false,
        ..done_page(run, document, page)
    }
}

/// The same, but partial: the engine stopped after `text`.
pub(crate) fn partial(run: RunId, document: DocumentId, page: u32, text: &str) -> PageResult {
    let (outcome, finish_reason) = (PageOutcome::Partial, Some("length".to_owned()));
    PageResult { outcome, text: text.to_owned(), finish_reason, ..done_page(run, document, page) }
}

/// The same, but cancelled after `text`.
pub(crate) fn aborted(run: RunId, document: DocumentId, page: u32, text: &str) -> PageResult {
    PageResult {
        outcome: PageOutcome::Aborted,
        text: text.to_owned(),
        counts: !text.is_empty(),
        ..done_page(run, document, page)
    }
}
