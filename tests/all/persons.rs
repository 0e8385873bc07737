//! One person's rows are never another's: not on the screen, not in a file.

use std::fs;
use std::path::{Path, PathBuf};

use shapegen_runtime::{Connection, Status};

use crate::stage::{ANN, BOB, Stage, client, until};

#[tokio::test]
async fn c_020_two_people_of_one_device_share_no_row_and_no_file() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    let ann = stage.client(folder.path(), ANN);
    let bob = stage.client(folder.path(), BOB);
    let (of_ann, of_bob) = ((ann.livestreams(), ann.notifications()), (bob.livestreams(), bob.notifications()));
    for (livestreams, notifications) in [&of_ann, &of_bob] {
        livestreams.fresh().await.unwrap();
        notifications.fresh().await.unwrap();
    }
    for ((livestreams, notifications), mark) in [(&of_ann, "ANN'S"), (&of_bob, "BOB'S")] {
        assert_eq!(livestreams.snapshot().len(), 5);
        assert!(livestreams.snapshot().iter().all(|row| row.title.starts_with(mark)));
        assert_eq!(notifications.snapshot().len(), 5);
        assert!(notifications.snapshot().iter().all(|row| row.body.starts_with(mark)));
    }

    stage.held(4).await;
    // Every file of the store, the WAL and its index included, holds marks of one person alone.
    let files = files(folder.path());
    let holding = |mark: &str| -> Vec<&PathBuf> {
        files
            .iter()
            .filter(|(_, bytes)| bytes.windows(mark.len()).any(|window| window == mark.as_bytes()))
            .map(|(path, _)| path)
            .collect()
    };
    let (with_ann, with_bob) = (holding("ANN'S"), holding("BOB'S"));
    assert!(!with_ann.is_empty() && !with_bob.is_empty(), "the rows are on disk");
    for path in &with_ann {
        assert!(!with_bob.contains(path), "{} holds rows of both", path.display());
        assert!(with_bob.iter().all(|other| other.parent() != path.parent()), "both have files in one folder");
    }
}

#[tokio::test]
async fn a_start_as_another_person_shows_nothing_of_the_last_one() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    stage.client(folder.path(), ANN).livestreams().fresh().await.unwrap();
    let address = stage.address();
    stage.listening.shutdown().await;
    let livestreams = client(address, folder.path(), BOB).livestreams();
    until("a first try", || !matches!(livestreams.connection(), Connection::Connecting)).await;
    assert_eq!(livestreams.status(), Status::NeverSynced);
    assert!(livestreams.snapshot().is_empty());
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}
