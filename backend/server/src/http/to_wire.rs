//! Converts the domain's records into the types of the wire, in one place: times become RFC 3339, and resources get their signed
//! URLs.

use inkstream_core::{
    accounts::{Account, CreatedKey},
    documents::{DocumentUrls, StoredDocument},
    engines::EngineStatus,
    ports::{
        ApiKeyRecord, AuditRecord, DocumentRecord, GroupKey, PageRecord, PageSummary, PageWithContent,
        UsageGroupRecord, UsageRecord, UsageTotals, UserRecord,
    },
    quota::Period,
};
use inkstream_wire as wire;
use jiff::Timestamp;

/// The engines, of which the first is the default.
pub(super) fn engines(statuses: Vec<EngineStatus>) -> Vec<wire::EngineState> {
    statuses.into_iter().enumerate().map(|(index, status)| engine(status, index == 0)).collect()
}

fn engine(status: EngineStatus, default: bool) -> wire::EngineState {
    let EngineStatus { info, condition, since, reading, waiting, languages, detects_languages, omitted } = status;
    wire::EngineState {
        model: info.identity.model,
        ready: condition != wire::EngineCondition::Down,
        state: condition,
        since: since.to_string(),
        profile: info.identity.profile,
        tasks: info.capabilities.tasks,
        sizes: info.capabilities.sizes,
        concurrency: info.limits.concurrency,
        reading,
        waiting,
        fallback: info.fallback,
        languages,
        detects_languages,
        takes_prompt: info.capabilities.takes_prompt,
        sends_lines: info.capabilities.sends_lines,
        omitted,
        default,
    }
}

pub(super) fn stored(document: StoredDocument) -> wire::Stored {
    wire::Stored { document_id: document.id, kind: document.kind, pages: document.pages }
}

pub(super) fn document(record: DocumentRecord, urls: &DocumentUrls) -> wire::Document {
    wire::Document {
        document_id: record.id,
        filename: record.filename,
        kind: record.kind,
        bytes: record.bytes,
        pages: record.pages,
        pages_done: record.pages_done,
        created_at: record.created_at.to_string(),
        expires_at: record.expires_at.to_string(),
        result_url: urls.result(),
    }
}

/// A page without its text.
pub(super) fn page_summary(summary: PageSummary, urls: &DocumentUrls) -> wire::Page {
    let rotation = Some(summary.rotation).filter(|&rotation| rotation != 0);
    wire::Page {
        page: summary.page,
        status: summary.status,
        width: summary.size.map(|(width, _)| width),
        height: summary.size.map(|(_, height)| height),
        dpi: summary.dpi,
        text: String::new(),
        corrected: None,
        boxes: Vec::new(),
        confidence: summary.confidence,
        finish_reason: summary.finish_reason,
        usage: summary.usage,
        error: summary.error,
        run_id: summary.run,
        model: summary.model,
        rotation,
        metadata: None,
        warnings: summary.warnings,
        attempts: summary.attempts,
        image_url: urls.turned_image(summary.page, rotation),
        // A page that was never read has nothing to draw.
        annotated_url: summary.size.and_then(|_| urls.annotated(summary.page)),
    }
}

pub(super) fn page(record: PageRecord, urls: &DocumentUrls) -> wire::Page {
    wire::Page {
        text: record.text,
        corrected: record.corrected,
        boxes: record.boxes,
        metadata: record.metadata,
        ..page_summary(record.summary, urls)
    }
}

pub(super) fn page_detail(whole: PageWithContent, urls: &DocumentUrls) -> wire::PageDetail {
    wire::PageDetail { page: page(whole.record, urls), content: whole.content }
}

pub(super) fn usage_event(record: UsageRecord) -> wire::UsageEvent {
    let (seconds, usage) = (record.seconds(), record.usage);
    wire::UsageEvent {
        id: record.id,
        run_id: record.run_id,
        kind: record.kind,
        model: record.model,
        engine: record.engine,
        status: record.status,
        input_bytes: usage.input_bytes,
        pages: record.pages,
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        prompt_chars: usage.prompt_chars,
        completion_chars: usage.completion_chars,
        estimated: usage.estimated,
        cost: record.cost,
        created_at: record.created_at.to_string(),
        seconds,
        key_id: record.key_id,
        username: record.username,
    }
}

pub(super) fn usage_summary(totals: UsageTotals) -> wire::UsageSummary {
    let (total, usage) = (totals.total, totals.total.usage);
    wire::UsageSummary {
        events: total.events,
        input_bytes: usage.input_bytes,
        pages: total.pages,
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        total_tokens: usage.prompt_tokens + usage.completion_tokens,
        prompt_chars: usage.prompt_chars,
        completion_chars: usage.completion_chars,
        cost: total.cost,
        groups: totals.groups.map(|groups| groups.into_iter().map(usage_group).collect()),
    }
}

fn usage_group(record: UsageGroupRecord) -> wire::UsageGroup {
    let group = match record.key {
        GroupKey::Day(day) => day.to_string(),
        GroupKey::Model(model) => model,
        GroupKey::Key(key) => key.map(|key| key.to_string()).unwrap_or_default(),
        GroupKey::User(user) => user.to_string(),
    };
    wire::UsageGroup {
        group,
        label: record.label,
        events: record.sums.events,
        pages: record.sums.pages,
        prompt_tokens: record.sums.usage.prompt_tokens,
        completion_tokens: record.sums.usage.completion_tokens,
        cost: record.sums.cost,
    }
}

pub(super) fn user(record: UserRecord) -> wire::User {
    wire::User {
        id: record.id,
        username: record.username,
        role: record.role,
        anonymous: record.anonymous,
        disabled: record.disabled,
        created_at: record.created_at.to_string(),
    }
}

pub(super) fn account(account: Account) -> wire::Account {
    wire::Account { user: user(account.user), quotas: account.quotas, period: period(account.period) }
}

fn period(Period { starts_at, ends_at, used, limits }: Period) -> wire::Period {
    wire::Period {
        starts_at: starts_at.to_string(),
        ends_at: ends_at.to_string(),
        pages: wire::Meter { used: used.pages_used, reserved: used.pages_reserved, limit: limits.pages },
        tokens: wire::Meter { used: used.tokens_used, reserved: used.tokens_reserved, limit: limits.tokens },
    }
}

pub(super) fn api_key(record: ApiKeyRecord) -> wire::ApiKey {
    wire::ApiKey {
        id: record.id,
        name: record.name,
        prefix: record.prefix,
        scopes: record.scopes,
        created_at: record.created_at.to_string(),
        last_used_at: record.last_used_at.as_ref().map(Timestamp::to_string),
        expires_at: record.expires_at.as_ref().map(Timestamp::to_string),
    }
}

pub(super) fn created_key(created: CreatedKey) -> wire::CreatedApiKey {
    wire::CreatedApiKey { row: api_key(created.record), key: created.secret }
}

pub(super) fn audit_event(record: AuditRecord) -> wire::AuditEvent {
    wire::AuditEvent {
        id: record.id,
        at: record.at.to_string(),
        event: record.event,
        actor: record.actor,
        subject: record.subject,
        address: record.address,
        detail: record.detail,
    }
}
