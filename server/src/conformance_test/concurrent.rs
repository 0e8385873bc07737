//! What happens at the same time: writers beside readers, a snapshot beside commits, a thousand clients.

use std::sync::{Arc, Mutex, Weak};

use super::{next, start};
use crate::testing::{affordable_connections, builder, capture_tables, get, listen, send, table};
use crate::{
    Change, Column, Follower, Followers, Row, RowChange, Service, SnapshotPosition, Source, SourceError,
    TableDefinition, TableName, Transaction,
};

#[tokio::test]
async fn s_020_a_writer_that_never_pauses_loses_nothing() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let mut at = start(&service, "table=nopk").await;
    let writer = {
        let source = source.clone();
        std::thread::spawn(move || {
            for n in 0..300 {
                source.transaction(|tx| tx.insert_row(&table("nopk"), &[Some(&n.to_string()), None])).unwrap();
                std::thread::yield_now();
            }
        })
    };
    let mut seen = Vec::new();
    while seen.len() < 300 {
        let answer = get(&service, &format!("/v1/shape?table=nopk{at}&live=true")).await;
        seen.extend(answer.messages().into_iter().filter(|message| message.starts_with("insert")));
        at = next(&answer);
    }
    writer.join().unwrap();
    let written: Vec<String> = (0..300).map(|n| format!("insert /\"{n}\"/_")).collect();
    assert_eq!(seen, written);
}

/// A source that commits while its snapshot is read.
#[derive(Clone)]
struct Busy {
    followers: Arc<Mutex<Followers>>,
}

impl Busy {
    fn commit(&self, txid: u64, id: &str) {
        let new: Row = [Some(id.into())].into_iter().collect();
        let change = Change { table: table("busy"), row: RowChange::Insert { new } };
        let transaction = Arc::new(Transaction { lsn: 100 + txid, txid, changes: vec![change] });
        self.followers.lock().unwrap().tell(|follower| follower.committed(&transaction));
    }
}

impl Source for Busy {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        let definition = TableDefinition::new(name.clone(), vec![Column::new("id", "int4", true)], &["id"]);
        Ok((*name == table("busy")).then(|| Arc::new(definition)))
    }

    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        // 10 runs until after the snapshot; 11 is in it, and is told only now; 12 comes behind it.
        self.commit(11, "11");
        self.commit(12, "12");
        visit(0, &[Some("11".into())].into_iter().collect());
        self.commit(10, "10");
        for name in tables {
            if self.table(name)?.is_none() {
                return Err(SourceError::UnknownTable(name.clone()));
            }
        }
        Ok(SnapshotPosition { xmin: 10, xmax: 12, running: vec![10] })
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        self.followers.lock().unwrap().add(follower);
        99
    }
}

#[tokio::test]
async fn what_commits_while_the_snapshot_is_read_comes_once() {
    let busy = Busy { followers: Arc::default() };
    let service = listen(Service::builder(busy.clone()).where_parser(crate::testing::parse_where)).await;
    let first = get(&service, "/v1/shape?table=busy&offset=-1").await;
    assert_eq!(first.messages(), ["insert /\"11\"", "snapshot-end"]);
    assert_eq!(first.json()[1]["headers"]["xip_list"], serde_json::json!(["10"]));
    let log = get(&service, &format!("/v1/shape?table=busy{}", next(&first))).await;
    assert_eq!(log.messages(), ["insert /\"12\"", "insert /\"10\"", "up-to-date"]);
    // The source tells later than it shows: 9 is in the snapshot, too.
    busy.commit(9, "9");
    busy.commit(13, "13");
    let log = get(&service, &format!("/v1/shape?table=busy{}", next(&log))).await;
    assert_eq!(log.messages(), ["insert /\"13\"", "up-to-date"]);
}

#[tokio::test]
async fn s_018_and_s_071_a_thousand_polls_are_held_at_once_and_all_are_answered() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let path = format!("/v1/shape?table=gone{}&live", start(&service, "table=gone").await);
    let address = service.local_addr();
    let count = affordable_connections(1_000);
    let polls: Vec<_> = (0..count)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { send(address, "GET", &path, "").await.messages() })
        })
        .collect();
    service.held().wait_for(|held| *held == count).await.unwrap();
    source.transaction(|tx| tx.insert_row(&table("gone"), &[Some("2"), None])).unwrap();
    for poll in polls {
        assert_eq!(poll.await.unwrap(), ["insert /\"2\"", "up-to-date"]);
    }
}
