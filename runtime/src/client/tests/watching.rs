//! What people see of a sync that they watch: its log, its counters, its progress.

use std::io;
use std::sync::Mutex;

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// What was logged, without times that differ.
    fn story(&self) -> String {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let told = text.lines().map(|line| {
            let words = line.trim().split(' ').map(|word| match word.split_once('=') {
                Some((name @ ("elapsed" | "pause"), _)) => format!("{name}=…"),
                _ => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ") + "\n"
        });
        told.collect()
    }
}

#[tokio::test]
async fn a_log_tells_the_story_of_a_sync() {
    // In a process of its own: what others log at the same moment can keep lines from a new subscriber.
    const ALONE: &str = "SHAPEGEN_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "client::tests::watching::a_log_tells_the_story_of_a_sync"]).env(ALONE, "1");
        let ran = alone.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        return;
    }
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_env_filter("shapegen_runtime=debug").with_writer(lines.clone());
    let _logged =
        tracing::subscriber::set_default(subscriber.without_time().with_target(false).with_ansi(false).finish());
    let service = Service::new().await;
    let client = service.builder().header("authorization", "very secret");
    let client = client.runtime(Handle::current()).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1, 2], false);
    service.notes(2, &[3], true);
    service.held(1).await;
    service.answer(503, "", "busy");
    until(|| matches!(notes.connection(), Connection::Offline(_))).await;
    service.notes(3, &[4], true);
    service.held(1).await;
    service.answer(409, "electric-handle: h2\r\n", "");
    service.log("h2", 1, &[5], true);
    service.held(1).await;
    service.answer(403, "", "no longer yours");
    until(|| matches!(notes.connection(), Connection::Stopped(_))).await;
    let expected = "\
 INFO the sync begins with nothing
DEBUG request live=false events=false
DEBUG answer status=200
DEBUG request live=false events=false
DEBUG taken over rows=2 bytes=129 offset=\"1_0\" up_to_date=false
DEBUG answer status=200
DEBUG taken over rows=1 bytes=102 offset=\"2_0\" up_to_date=true
 INFO the rows are complete rows=3 bytes=231 elapsed=…
DEBUG request live=true events=false
DEBUG answer status=503
 WARN no usable answer error=shape `notes` of table public.notes: the service is unavailable (status 503): busy
DEBUG waits before the next request pause=…
DEBUG request live=false events=false
DEBUG answer status=200
 INFO answers come again
DEBUG taken over rows=1 bytes=102 offset=\"3_0\" up_to_date=true
DEBUG request live=true events=false
DEBUG answer status=409
 INFO the log is gone: the rows are fetched anew
DEBUG request live=false events=false
DEBUG answer status=200
DEBUG taken over rows=1 bytes=102 offset=\"1_0\" up_to_date=true
 INFO the rows are complete rows=1 bytes=102 elapsed=…
DEBUG request live=true events=false
DEBUG answer status=403
ERROR the sync has stopped error=shape `notes` of table public.notes: the service refuses (status 403): no longer yours
";
    let span = "sync{shape=\"notes\" table=\"public.notes\"}: ";
    let story = lines.story();
    assert!(story.lines().all(|line| line.contains(span)), "{story}");
    let expected: String = expected.lines().map(|line| line.trim().to_owned() + "\n").collect();
    assert_eq!(story.replace(span, ""), expected);
}

#[tokio::test]
async fn counters_progress_and_lag_can_be_read_at_any_time() {
    let service = Service::new().await;
    let (builder, clock) = ClientBuilder::<NoteClient>::for_test(format!("http://{}", service.address));
    let client = builder.build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.held(1).await;
    assert_eq!((notes.lag(), notes.progress().map(|progress| progress.rows)), (None, Some(0)));
    service.notes(1, &[1, 2], false);
    service.held(1).await;
    let progress = notes.progress().unwrap();
    assert_eq!((progress.rows, progress.bytes), (2, 129));
    assert!(progress.rows_per_second() > 0.0 && progress.bytes_per_second() > progress.rows_per_second());
    service.notes(2, &[3], true);
    service.held(1).await;
    assert_eq!((notes.lag(), notes.progress()), (Some(Duration::ZERO), None));
    service.answer(409, "", "");
    service.held(1).await;
    assert_eq!(notes.progress().map(|progress| (progress.rows, progress.bytes)), Some((0, 0)));
    service.log("h2", 1, &[5], true);
    service.held(1).await;
    service.answer(503, "", "busy");
    until(|| matches!(notes.connection(), Connection::Offline(_))).await;
    clock.advance(Duration::from_secs(7));
    assert_eq!(notes.lag(), Some(Duration::from_secs(7)));
    let counters = notes.counters();
    assert_eq!((counters.bytes, counters.rows, counters.refetches, counters.retries), (129 + 102 + 102 + 4, 4, 1, 1));
    assert!((5..=6).contains(&counters.requests), "{counters:?}");
    let [report] = &client.syncs()[..] else { panic!("one sync") };
    assert_eq!((report.shape, report.rows, report.counters.rows), ("notes", 1, 4));
    drop(notes);
    assert!(client.syncs().is_empty());
}
