//! The newest rows and older ones, as a program sees them.

use super::*;
use crate::definition::Newest;
use crate::expr::Comparison;

// The two newest notes.
note!(
    LastNote,
    ShapeDefinition {
        load: Load::Newest(Newest {
            count: 2,
            order: &[0],
            order_by: "\"id\" desc",
            older: Filter {
                sql: "id < $1",
                expr: Expr::Compare {
                    op: Comparison::Less,
                    kind: Kind::Integer,
                    left: Operand::Column(Cow::Borrowed("id")),
                    right: Operand::Param(0),
                },
            },
            older_undated: None,
        }),
        filter: None,
        ..*Note::DEFINITION
    }
);

impl Service {
    /// Waits until the last request has this in its head.
    async fn asked(&self, needle: &str) {
        until(|| self.state.borrow().requests.last().is_some_and(|request| request.contains(needle))).await;
    }

    /// Answers with these notes as a subset.
    fn subset(&self, offset: u32, notes: &[i64]) {
        let row = |id: &i64| format!(r#"{{"key":"{id}","value":{{"id":"{id}"}},"headers":{{"operation":"insert"}}}}"#);
        let rows: Vec<String> = notes.iter().map(row).collect();
        let taken = r#"{"xmin":"9","xmax":"9","xip_list":[],"snapshot_mark":1,"database_lsn":"9"}"#;
        let headers = format!(
            "electric-snapshot: true\r\nelectric-handle: h\r\nelectric-offset: {offset}_0\r\n\
             electric-schema: {{\"id\":{{\"type\":\"int8\"}}}}\r\n"
        );
        self.answer(200, &headers, &format!(r#"{{"metadata":{taken},"data":[{}]}}"#, rows.join(",")));
    }
}

fn ids(notes: &Collection<LastNote>) -> Vec<i64> {
    notes.snapshot().iter().map(|note| note.0.id).collect()
}

/// Where the store says that rows begin.
fn oldest(folder: &Path) -> Option<String> {
    cache(folder).query_row("SELECT current_oldest FROM _instance", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn c_140_c_141_older_rows_are_shown_when_they_are_said_to_be_there() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = || service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client().collection::<LastNote>(());
    service.subset(4, &[9, 8]);
    service.notes(4, &[], true);
    service.held(1).await;
    // They are as new as the server's at once.
    within(notes.fresh()).await.unwrap();
    let (_, mut changes) = notes.subscribe();
    let older = tokio::spawn({
        let notes = notes.clone();
        async move { notes.load_older(2).await.map(|rows| (rows, ids(&notes))) }
    });
    service.asked("subset__where").await;
    service.subset(5, &[7, 6]);
    service.notes(4, &[], true);
    assert_eq!(within(older).await.unwrap().unwrap(), (2, vec![6, 7, 8, 9]));
    assert_eq!(within(changes.next()).await.unwrap().changes.len(), 2, "in one batch");
    assert_eq!(notes.load_older(0).await.unwrap(), 0);
    service.held(1).await;
    drop((notes, changes));

    // The next run knows where they begin.
    let notes = client().collection::<LastNote>(());
    within(notes.hydrated()).await.unwrap();
    assert_eq!((ids(&notes), oldest(folder.path()).as_deref()), (vec![6, 7, 8, 9], Some(r#"["6"]"#)));
    service.notes(4, &[], true);
    service.held(1).await;
    let older = tokio::spawn({
        let notes = notes.clone();
        async move { notes.load_older(5).await }
    });
    service.asked("%226%22").await;
    service.subset(5, &[3]);
    service.notes(4, &[], true);
    assert_eq!(within(older).await.unwrap().unwrap(), 1);
    service.held(1).await;
    assert_eq!(within(notes.load_older(1)).await.unwrap(), 0, "nobody is asked any more");
    let Storage::Disk(disk) = client().storage().clone() else { panic!("no store") };
    within(disk.flush()).await.unwrap();
    assert_eq!(oldest(folder.path()), None);
}

#[tokio::test]
async fn c_128_only_shapes_that_load_their_newest_rows_have_older_ones() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let error = client.collection::<Note>(()).load_older(1).await.unwrap_err();
    assert!(matches!(*error, SyncError::NotNewest { .. }));
    assert_eq!(
        error.to_string(),
        "shape `notes` of table public.notes: there are no older rows to load: its `load` isn't `{ newest = …, by = … }`"
    );
}

#[tokio::test]
async fn who_waits_for_older_rows_hears_why_the_sync_stopped() {
    let service = Service::new().await;
    let notes = service.builder().build().unwrap().0.collection::<LastNote>(());
    let older = tokio::spawn({
        let notes = notes.clone();
        async move { notes.load_older(1).await }
    });
    service.answer(403, "", "not yours");
    let error = within(older).await.unwrap().unwrap_err();
    assert!(matches!(*error, SyncError::Refused { status: 403, .. }), "{error:?}");
}
