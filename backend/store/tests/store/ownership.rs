//! Who sees what.

use inkstream_core::{owner::Owner, ports::Store};
use inkstream_wire::{DocumentId, ErrorCode};
use uuid::Uuid;

use crate::database::{TestDatabase, at, on_both_databases};

on_both_databases! {
    a_document_is_there_for_its_owner_alone;
    lists_are_latest_first_and_bounded;
}

async fn a_document_is_there_for_its_owner_alone(t: TestDatabase) {
    let ada = Owner { user: t.db.ensure_user("ada", at(0)).await.unwrap(), session: None, anonymous: false };
    let owners = [t.browser(), t.browser(), t.client(), ada.clone()];
    let mut documents = Vec::new();
    for owner in &owners {
        documents.push(t.document(owner, 1).await);
    }
    for (i, owner) in owners.iter().enumerate() {
        for (j, document) in documents.iter().enumerate() {
            let seen = t.db.document(owner, *document, at(1)).await;
            let run = t.db.begin_run(t.new_run(owner, *document, &[1])).await;
            if i == j {
                assert_eq!(seen.unwrap().document.document_id, *document);
                run.unwrap();
            } else {
                assert_eq!(seen.unwrap_err().code, ErrorCode::NotFound, "{i} sees the document of {j}");
                assert_eq!(run.unwrap_err().code, ErrorCode::NotFound, "{i} reads the document of {j}");
            }
        }
    }
    let listed = async |owner| {
        let documents = t.db.documents(owner, at(1), 10).await.unwrap();
        documents.into_iter().map(|document| document.document_id).collect::<Vec<DocumentId>>()
    };
    assert_eq!(listed(&owners[0]).await, [documents[0]]);
    assert_eq!(listed(&owners[1]).await, [documents[1]]);
    assert_eq!(listed(&owners[2]).await, [], "a client without a session has no lists");
    assert_eq!(listed(&ada).await, [documents[3]]);
    // Someone who has signed in owns what is theirs from every browser.
    let elsewhere = Owner { session: Some(Uuid::new_v4()), ..ada };
    assert_eq!(listed(&elsewhere).await, [documents[3]]);
}

async fn lists_are_latest_first_and_bounded(t: TestDatabase) {
    let browser = t.browser();
    let mut expected = Vec::new();
    for second in [3, 1, 2] {
        expected.push((second, t.document_at(&browser, 1, at(second)).await));
    }
    expected.sort_by_key(|(second, _)| -second);
    let listed = t.db.documents(&browser, at(4), 2).await.unwrap();
    assert_eq!(
        listed.iter().map(|document| document.document_id).collect::<Vec<_>>(),
        expected[..2].iter().map(|(_, id)| *id).collect::<Vec<_>>()
    );
}
