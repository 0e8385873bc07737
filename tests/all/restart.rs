//! A second start: rows at once, one request a shape, nothing fetched again, and all of it without network, too.

use shapegen_runtime::{Connection, Status};

use crate::stage::{ANN, Stage, client, livestream, until};

#[tokio::test]
async fn c_148_c_150_a_second_start_asks_once_for_each_kept_shape_and_never_from_the_beginning() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    {
        let client = stage.client(folder.path(), ANN);
        let (livestreams, notifications) = (client.livestreams(), client.notifications());
        livestreams.fresh().await.unwrap();
        notifications.fresh().await.unwrap();
        stage.held(2).await;
    }
    stage.source.transaction(|tx| tx.insert(&livestream(ANN, 77, "while away"))).unwrap();

    let before = stage.service.requests().len();
    let client = stage.client(folder.path(), ANN);
    let (livestreams, notifications) = (client.livestreams(), client.notifications());
    livestreams.hydrated().await.unwrap();
    assert!(livestreams.snapshot().len() >= 5);
    livestreams.fresh().await.unwrap();
    notifications.fresh().await.unwrap();
    assert_eq!(livestreams.snapshot().len(), 6);

    let until_up_to_date: Vec<String> =
        stage.requests(before).into_iter().filter(|request| !request.contains("live=true")).collect();
    for shape in ["/shapes/livestreams", "/shapes/notifications"] {
        let of_shape: Vec<_> = until_up_to_date.iter().filter(|request| request.contains(shape)).collect();
        assert_eq!(of_shape.len(), 1, "{until_up_to_date:#?}");
    }
    assert!(until_up_to_date.iter().all(|request| !request.contains("offset=-1")), "{until_up_to_date:#?}");
}

#[tokio::test]
async fn with_the_network_off_the_kept_rows_are_there_all_the_same() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    let rows = {
        let livestreams = stage.client(folder.path(), ANN).livestreams();
        livestreams.fresh().await.unwrap();
        stage.held(1).await;
        livestreams.snapshot()
    };
    let address = stage.address();
    stage.listening.shutdown().await;

    let livestreams = client(address, folder.path(), ANN).livestreams();
    livestreams.hydrated().await.unwrap();
    assert!(livestreams.snapshot().iter().eq(rows.iter()));
    assert_eq!(livestreams.status(), Status::Ready);
    until("offline", || matches!(livestreams.connection(), Connection::Offline(_))).await;
    assert!(livestreams.snapshot().iter().eq(rows.iter()));
}

#[tokio::test]
async fn a_truncated_table_swaps_to_the_new_rows_also_after_a_restart() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    {
        let livestreams = stage.client(folder.path(), ANN).livestreams();
        livestreams.fresh().await.unwrap();
        let (_, mut changes) = livestreams.subscribe();
        stage
            .source
            .transaction(|tx| {
                tx.truncate::<crate::sync::Livestream>();
                tx.insert(&livestream(ANN, 1, "after"));
            })
            .unwrap();
        while livestreams.snapshot().len() != 1 {
            changes.next().await.unwrap();
        }
        stage.held(1).await;
    }
    let before = stage.service.requests().len();
    let livestreams = stage.client(folder.path(), ANN).livestreams();
    livestreams.hydrated().await.unwrap();
    assert_eq!(livestreams.snapshot().iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["after"]);
    livestreams.fresh().await.unwrap();
    assert!(stage.requests(before).iter().all(|request| !request.contains("offset=-1")));
}
