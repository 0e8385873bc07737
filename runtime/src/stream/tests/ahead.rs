//! Requests that are sent ahead, by the checklist's ids.

use super::*;
use crate::captures::Gone;

fn row(id: u32) -> String {
    format!(r#"{{"value":{{"id":"{id}","v":"x"}},"headers":{{"operation":"insert"}}}}"#)
}

fn chunk(number: u32) -> Capture {
    catch_up("h1", &format!("0_{number}"), &[&row(number)])
}

fn offsets(driver: &Driver<Gone>) -> Vec<String> {
    driver.open.iter().map(|request| Query::of(&request.url).get("offset").unwrap().to_owned()).collect()
}

#[test]
fn c_104_two_chunks_are_asked_for_ahead_and_taken_in_order() {
    let mut driver = Driver::<Gone>::start(None);
    assert_eq!(offsets(&driver), ["-1"]);
    driver.head(&chunk(0));
    assert_eq!(offsets(&driver), ["-1", "0_0"]);
    let ids: Vec<RequestId> = driver.open.iter().map(|request| request.id).collect();
    // The head of the second comes before the first is read.
    let second = chunk(1);
    driver.feed(Event::Head { id: ids[1], status: 200, headers: &second.headers.as_slice() });
    assert_eq!(offsets(&driver), ["-1", "0_0", "0_1"]);
    let third = driver.open[2].id;
    driver.feed(Event::Head { id: third, status: 200, headers: &chunk(2).headers.as_slice() });
    assert_eq!(offsets(&driver).len(), 3, "and no more than that");
    driver.feed(Event::Piece { id: ids[1], bytes: &second.body });
    driver.feed(Event::End { id: ids[1], lasted: Duration::ZERO });
    assert!(driver.rows.is_empty(), "the second waits for the first");
    driver.feed(Event::Piece { id: ids[0], bytes: &chunk(0).body });
    driver.feed(Event::End { id: ids[0], lasted: Duration::ZERO });
    assert_eq!((driver.rows.len(), driver.offset().as_deref()), (2, Some("0_1")));
}

#[test]
fn c_104_nothing_is_asked_ahead_where_the_log_ends_or_does_not_move() {
    for answer in [
        catch_up("h1", "0_0", &[ROW, UP_TO_DATE]),
        catch_up("h1", "-1", &[ROW]),
        bare(204, "").with("electric-handle", "h1").with("electric-offset", "0_0"),
    ] {
        let mut driver = Driver::<Gone>::start(None);
        driver.head(&answer);
        assert_eq!(driver.open.len(), 1, "{:?}", answer.headers);
    }
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&catch_up("h1", "0_0", &[UP_TO_DATE]));
    driver.head(&live("h1", "7_0", "1", &[ROW]));
    assert_eq!(driver.open.len(), 1, "nor after a live answer");
}

#[test]
fn c_104_what_was_asked_ahead_and_is_no_good_is_asked_for_again_when_it_is_due() {
    for answer in [
        bare(503, "busy"),
        must_refetch(Some("h2")),
        bare(401, ""),
        catch_up("h9", "0_1", &[ROW]),
        catch_up("h1", "0_1", &[ROW]).without("electric-schema"),
    ] {
        let mut driver = Driver::<Gone>::start(None);
        driver.head(&chunk(0));
        let ahead = driver.open[1].id;
        driver.feed(Event::Head { id: ahead, status: answer.status, headers: &answer.headers.as_slice() });
        assert_eq!(offsets(&driver), ["-1"], "{}", answer.status);
        driver.effects.clear();
        driver.piece(&chunk(0).body);
        driver.end();
        assert_eq!(driver.rows.len(), 1);
        assert_eq!(driver.request().place()[0], Some("0_0"));
    }
    let mut driver = Driver::<Gone>::start(None);
    driver.head(&chunk(0));
    let ahead = driver.open[1].id;
    driver.over(Event::Failed { id: ahead, reason: "reset".to_owned(), lasted: Duration::ZERO });
    assert_eq!((driver.effects.len(), driver.open.len()), (0, 1), "it isn't missed yet");
}

#[test]
fn c_104_a_lost_log_drops_what_was_asked_ahead() {
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&chunk(0));
    driver.head(&chunk(1));
    assert_eq!(offsets(&driver), ["0_0", "0_1"]);
    let late = driver.open[1].id;
    driver.breaks("reset");
    driver.answer(&must_refetch(None));
    assert_eq!(offsets(&driver), ["-1"]);
    driver.on(Event::Head { id: late, status: 200, headers: &chunk(2).headers.as_slice() });
    assert_eq!(driver.effects, [], "a late answer says nothing");
}
