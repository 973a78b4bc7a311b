//! Ownership of documents and runs.

use inkstream_core::{
    owner::Owner,
    ports::{DocumentStore as _, RunStore as _, UserChange, UserStore as _},
};
use inkstream_wire::{ApiKeyId, DocumentId, ErrorCode, UserId};
use uuid::Uuid;

use crate::database::{TestDatabase, at, month, on_both_databases};

on_both_databases! {
    only_its_owner_sees_a_document;
    lists_are_latest_first_and_bounded;
    pages_of_a_list_neither_repeat_nor_lose_documents_of_one_instant;
    the_owner_of_a_document_is_found_for_a_signed_url;
}

async fn only_its_owner_sees_a_document(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
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
                assert_eq!(seen.unwrap().id, *document);
                run.unwrap();
            } else {
                assert_eq!(seen.unwrap_err().code, ErrorCode::NotFound, "{i} sees the document of {j}");
                assert_eq!(run.unwrap_err().code, ErrorCode::NotFound, "{i} reads the document of {j}");
            }
        }
    }
    let listed = async |owner| {
        let documents = t.db.documents(owner, at(1), None, 10).await.unwrap();
        documents.into_iter().map(|document| document.id).collect::<Vec<DocumentId>>()
    };
    assert_eq!(listed(&owners[0]).await, [documents[0]]);
    assert_eq!(listed(&owners[1]).await, [documents[1]]);
    assert_eq!(listed(&owners[2]).await, [], "a client without a session has no lists");
    assert_eq!(listed(&ada).await, [documents[3]]);
    // A user who has signed in sees their documents from every browser.
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
    let listed = t.db.documents(&browser, at(4), None, 2).await.unwrap();
    assert_eq!(
        listed.iter().map(|document| document.id).collect::<Vec<_>>(),
        expected[..2].iter().map(|(_, id)| *id).collect::<Vec<_>>()
    );
}

async fn pages_of_a_list_neither_repeat_nor_lose_documents_of_one_instant(t: TestDatabase) {
    let ada = t.signed_in("ada").await;
    let mut expected = Vec::new();
    for second in [1, 2, 2, 2, 2, 3] {
        expected.push((second, t.document_at(&ada, 1, at(second)).await));
    }
    let hers = t.document_at(&t.signed_in("eve").await, 1, at(2)).await;
    expected.sort_by_key(|row| std::cmp::Reverse(*row));
    let mut seen: Vec<DocumentId> = Vec::new();
    for _ in 0..4 {
        let page = t.db.documents(&ada, at(4), seen.last().copied(), 2).await.unwrap();
        seen.extend(page.iter().map(|document| document.id));
    }
    assert_eq!(seen, expected.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    for unknown in [hers, DocumentId(Uuid::new_v4())] {
        assert_eq!(t.db.documents(&ada, at(4), Some(unknown), 2).await.unwrap_err().code, ErrorCode::NotFound);
    }
}

async fn the_owner_of_a_document_is_found_for_a_signed_url(t: TestDatabase) {
    let ada = Owner { key: Some(ApiKeyId(Uuid::new_v4())), ..t.signed_in("ada").await };
    for owner in [t.browser(), t.client(), ada.clone()] {
        let document = t.document(&owner, 1).await;
        let told = t.db.owner_of(document, at(999)).await.unwrap();
        assert_eq!(told, Owner { key: None, ..owner });
        t.db.document(&told, document, at(999)).await.unwrap();
        assert_eq!(t.db.owner_of(document, at(1_000)).await.unwrap_err().code, ErrorCode::NotFound);
    }
    let document = t.document(&ada, 1).await;
    let change = UserChange { disabled: Some(true), ..UserChange::default() };
    t.db.change_user(UserId(ada.user), change, month(), Vec::new()).await.unwrap();
    assert_eq!(t.db.owner_of(document, at(1)).await.unwrap_err().code, ErrorCode::NotFound);
    let unknown = DocumentId(Uuid::new_v4());
    assert_eq!(t.db.owner_of(unknown, at(1)).await.unwrap_err().code, ErrorCode::NotFound);
}
