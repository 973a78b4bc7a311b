//! The life of a document, from upload to expiry.

use inkstream_content::{Occurrence, Region, RegionKind, from_markdown};
use inkstream_core::ports::{
    BlobKey, DocumentStore as _, PageResult, PageStore as _, RunPageStore as _, Store as _, UsageLedger as _,
};
use inkstream_wire::{
    BoxKind, ErrorCode, PageAttempt, PageMetadata, PageStatus, PageWarning, PixelBox, RunKind, RunStatus, TextBox,
    WarningCode,
};
use uuid::Uuid;

use crate::database::{TestDatabase, aborted, at, done_page, failed, on_both_databases};

on_both_databases! {
    a_document_is_uploaded_read_corrected_read_again_and_expires;
}

async fn a_document_is_uploaded_read_corrected_read_again_and_expires(t: TestDatabase) {
    let db = &t.db;
    db.ping().await.unwrap();

    // Uploaded: listed, with its pages pending.
    let browser = t.browser();
    let id = t.document(&browser, 3).await;
    let stored = db.document(&browser, id, at(5)).await.unwrap();
    assert_eq!(stored.blob, BlobKey::document(id.0));
    assert_eq!((stored.filename.as_str(), stored.bytes), ("A letter.pdf", 12_345));
    assert_eq!((stored.pages, stored.pages_done), (3, 0));
    assert_eq!(stored.created_at, at(0));
    assert_eq!(stored.expires_at, at(1_000));
    assert_eq!(db.documents(&browser, at(5), None, 10).await.unwrap(), [stored]);
    assert_eq!(t.statuses(id).await, [PageStatus::Pending; 3]);

    // Read: page 1 is complete, page 2 fails, page 3 is cancelled.
    let run = t.begin(&browser, id, &[1, 2, 3]).await;
    assert_eq!(t.statuses(id).await, [PageStatus::Running; 3]);
    // Its boxes are a projection of its content and its text.
    let bounds = PixelBox { x: 1, y: 2, width: 3, height: 4 };
    let places = vec![TextBox {
        kind: BoxKind::Block,
        bounds,
        text: "Dear".to_owned(),
        confidence: None,
        block: Some(0),
        paragraph: None,
        line: None,
    }];
    // A NUL, which PostgreSQL cannot store, costs a character and not the page.
    let attempt = |outcome: &str| PageAttempt {
        model: "tesseract".to_owned(),
        outcome: outcome.to_owned(),
        seconds: 1.5,
        prompt_tokens: 3,
        completion_tokens: 5,
    };
    let attempts = vec![attempt("repetition"), attempt("ok")];
    let doubt = PageWarning::new(WarningCode::LowConfidence, "Unsure.");
    let metadata = PageMetadata {
        primary_language: Some("en".to_owned()),
        is_rotation_valid: true,
        rotation_correction: 0,
        is_table: false,
        is_diagram: false,
    };
    let region = Region { number: 0, kind: RegionKind::Block, bounds, source: Some([0, 4].into()) };
    let content = from_markdown("# Dear\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", vec![region]);
    let first = PageResult {
        content: Some(content.clone()),
        text: "Dear\0 Zoë 🖋".to_owned(),
        rotation: 270,
        metadata: Some(metadata.clone()),
        warnings: vec![doubt.clone()],
        attempts: attempts.clone(),
        ..done_page(run, id, 1)
    };
    let usage = first.usage;
    db.finish_page(first).await.unwrap();
    assert_eq!(t.statuses(id).await, [PageStatus::Done, PageStatus::Running, PageStatus::Running]);
    db.finish_page(failed(run, id, 2, "Half a se")).await.unwrap();
    db.finish_page(aborted(run, id, 3, "A few wo")).await.unwrap();
    let row = t.settle(run, RunStatus::Partial).await;
    assert_eq!((row.run_id, row.kind, row.status), (run, RunKind::Pdf, RunStatus::Partial));
    assert_eq!((row.pages, row.usage.prompt_tokens, row.usage.completion_tokens), (1, 9, 15));
    assert_eq!((row.usage.prompt_chars, row.usage.completion_chars, row.usage.input_bytes), (21, 42, 12_345));
    assert_eq!((row.created_at, row.seconds()), (at(10), 10.0));
    assert_eq!((row.cost, row.usage.estimated), (None, false));

    let pages = t.pages(id).await;
    assert_eq!(pages[0].text, "Dear\u{fffd} Zoë 🖋");
    assert_eq!((pages[0].summary.size, pages[0].summary.dpi), (Some((1654, 2339)), Some(200.0)));
    assert_eq!((pages[0].summary.confidence, pages[0].summary.finish_reason.as_deref()), (Some(91.5), Some("stop")));
    assert_eq!((&pages[0].boxes, pages[0].summary.usage), (&places, Some(usage)));
    assert_eq!(
        (pages[0].summary.rotation, &pages[0].metadata, &pages[0].summary.attempts),
        (270, &Some(metadata), &attempts)
    );
    assert_eq!((pages[0].summary.warnings.as_slice(), pages[1].summary.warnings.len()), ([doubt].as_slice(), 0));
    assert_eq!((pages[1].summary.rotation, &pages[1].summary.attempts), (0, &Vec::new()));
    assert_eq!((pages[0].summary.run, pages[0].summary.model.as_deref()), (Some(run), Some("tesseract")));
    assert_eq!((pages[1].summary.status, pages[1].text.as_str()), (PageStatus::Failed, "Half a se"));
    assert_eq!(pages[1].summary.error.as_ref().map(|error| error.code), Some(ErrorCode::EngineTimeout));
    assert_eq!((pages[2].summary.status, pages[2].text.as_str()), (PageStatus::Aborted, "A few wo"));
    assert_eq!(db.page(id, 1).await.unwrap().content.as_ref(), Some(&content));
    assert_eq!(db.page(id, 2).await.unwrap().content, None, "a failed page has none");
    assert_eq!(db.page(id, 4).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(db.document(&browser, id, at(20)).await.unwrap().pages_done, 1);

    // Corrected: beside the original, and it survives another reading.
    db.correct_page(id, 1, Some("Dear Zoë"), at(30)).await.unwrap();
    assert_eq!(db.correct_page(id, 4, Some("x"), at(30)).await.unwrap_err().code, ErrorCode::NotFound);

    // Read again: what fails leaves the good result of page 1, what succeeds replaces the bad one of page 2.
    let again = t.begin(&browser, id, &[1, 2]).await;
    assert_eq!(db.document(&browser, id, at(20)).await.unwrap().pages_done, 1);
    db.finish_page(failed(again, id, 1, "")).await.unwrap();
    db.finish_page(done_page(again, id, 2)).await.unwrap();
    t.settle(again, RunStatus::Partial).await;
    let pages = t.pages(id).await;
    assert_eq!(
        (pages[0].summary.status, pages[0].summary.run, &pages[0].summary.error),
        (PageStatus::Done, Some(run), &None)
    );
    assert_eq!(pages[0].corrected.as_deref(), Some("Dear Zoë"));
    assert_eq!(
        (pages[1].summary.status, pages[1].summary.run, &pages[1].summary.error),
        (PageStatus::Done, Some(again), &None)
    );
    assert_eq!(pages[1].text, "Text of page 2");
    // Stored without its content, as pages were before they had one.
    let rebuilt = db.page(id, 2).await.unwrap().content.unwrap();
    assert_eq!((rebuilt.plain_text().as_str(), rebuilt.width), ("Text of page 2", Some(1654)));
    db.correct_page(id, 1, None, at(31)).await.unwrap();
    assert_eq!(t.page(id, 1).await.corrected, None);

    // Located: the content stays, and the new boxes replace those found before.
    let occurrence = |x| Occurrence {
        text: "Dear".to_owned(),
        bounds: PixelBox { x, y: 2, width: 4, height: 6 },
        confidence: Some(93.5),
        region: Some(0),
        paragraph: Some(0),
        line: Some(0),
    };
    for (x, half) in [(10, false), (40, true)] {
        let locate = t.begin(&browser, id, &[1]).await;
        let size = if half { (827, 1169) } else { (1654, 2339) };
        let found = PageResult {
            locates: true,
            rotation: 270,
            size: Some(size),
            text: "Dear".to_owned(),
            occurrences: vec![occurrence(x)],
            ..done_page(locate, id, 1)
        };
        db.finish_page(found).await.unwrap();
        t.settle(locate, RunStatus::Ok).await;
        let page = t.page(id, 1).await;
        assert_eq!((page.text.as_str(), page.summary.run), ("Dear\u{fffd} Zoë 🖋", Some(run)));
        let bounds = PixelBox { x: if half { 2 * x } else { x }, ..page.boxes[1].bounds };
        assert_eq!(page.boxes, [places[0].clone(), Occurrence { bounds, ..occurrence(x) }.to_box()]);
        assert_eq!(db.page(id, 1).await.unwrap().content.as_ref(), Some(&content));
    }

    // Expired: out of sight at once, given to the sweeper when no run reads it, and its row on the ledger stays.
    let last = t.begin(&browser, id, &[3]).await;
    assert_eq!(db.document(&browser, id, at(1_000)).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(db.documents(&browser, at(1_000), None, 10).await.unwrap(), []);
    assert!(db.expired_documents(at(1_000), 10).await.unwrap().is_empty());
    t.settle(last, RunStatus::Aborted).await;
    assert!(db.expired_documents(at(999), 10).await.unwrap().is_empty());
    let expired = db.expired_documents(at(1_000), 10).await.unwrap();
    assert_eq!(expired.iter().map(|document| document.id).collect::<Vec<_>>(), [id]);
    let stray = BlobKey::document(Uuid::new_v4());
    let keys = [stray.clone(), expired[0].blob.clone()];
    assert_eq!(db.unknown_blobs(&keys).await.unwrap(), std::slice::from_ref(&stray));
    assert_eq!(db.delete_document(id).await.unwrap(), expired[0].blob);
    assert_eq!(db.unknown_blobs(&keys).await.unwrap(), keys);
    assert_eq!(db.delete_document(id).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(t.pages(id).await, []);
    let total = db.usage_summary(Some(t.user), None).await.unwrap().total;
    assert_eq!((total.events, total.pages, total.usage.input_bytes), (5, 4, 5 * 12_345));
    assert_eq!((total.usage.prompt_tokens, total.usage.completion_tokens), (21, 35));
}
