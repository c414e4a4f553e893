//! State of the view: updates, keys, a service that stops and starts.

use std::time::Duration;

use aios_memory_server::Looked;
use serde_json::json;

use super::{
    live,
    model::{Model, Pane, Press, Status},
    seen,
};

fn after(model: &mut Model, seconds: u64, change: impl FnOnce(&mut aios_memory_server::Live)) {
    let mut next = live();
    next.events.clear();
    change(&mut next);
    model.take(Looked::Live(Box::new(next)), Duration::from_secs(seconds));
}

#[test]
fn rates_come_from_the_looks_of_the_last_minute() {
    let mut model = seen();
    assert!(model.called().iter().all(|called| called.rate.is_none()), "one look has no rate");
    after(&mut model, 10, |live| live.figures = live.figures.replace("} 120\n", "} 150\n"));
    let called = model.called();
    assert_eq!(called[0].operation, "POST /api/v1/recall", "the most frequent first");
    assert_eq!(called[0].rate, Some(3.0));
    assert_eq!(called[1].rate, Some(0.0));
    for second in 11..80 {
        after(&mut model, second, |live| {
            live.figures = live.figures.replace("} 120\n", "} 150\n");
        });
    }
    assert_eq!(model.called()[0].rate, Some(0.0), "the calls are more than a minute ago");
}

#[test]
fn a_service_that_begins_again_has_no_negative_rates() {
    let mut model = seen();
    after(&mut model, 10, |live| live.figures = live.figures.replace("} 120\n", "} 4\n"));
    assert_eq!(model.called()[0].rate, Some(0.7), "4 and 3 calls in 10 s");
}

#[test]
fn a_service_that_ends_leaves_what_was_seen() {
    let mut model = seen();
    assert_eq!(model.status, Status::Running);
    model.take(Looked::NoService, Duration::from_secs(1));
    assert_eq!(model.status, Status::Ended);
    assert_eq!(model.called().len(), 2);
    model.take(Looked::Refused("no".to_owned()), Duration::from_secs(2));
    assert_eq!(model.status, Status::Refused("no".to_owned()));
    after(&mut model, 3, |_| {});
    assert_eq!(model.status, Status::Running);
}

#[test]
fn losses_are_counted_exactly() {
    let mut model = seen();
    assert_eq!((model.lost(), model.skipped), (7, 0), "2 unwritten, 5 lapped");
    after(&mut model, 1, |live| live.skipped = 30);
    after(&mut model, 2, |live| live.skipped = 12);
    assert_eq!(model.skipped, 42);
    for second in 3..20 {
        after(&mut model, second, |live| live.events = vec![json!({}); 100]);
    }
    assert_eq!(model.events.len(), 500, "old events leave the view");
}

#[test]
fn keys_select_scroll_pause_and_quit() {
    let mut model = seen();
    let press = |model: &mut Model, key| assert!(model.press(key).is_continue());
    for pane in [Pane::Records, Pane::Work, Pane::Events, Pane::Calls] {
        press(&mut model, Press::NextPane);
        assert_eq!(model.pane, pane);
    }
    press(&mut model, Press::PreviousPane);
    assert_eq!(model.pane, Pane::Events);
    model.note_size(Pane::Events, 10, 4);
    let scrolled = |model: &Model| model.scrolled(Pane::Events);
    press(&mut model, Press::Up);
    assert_eq!(scrolled(&model), 0);
    for _ in 0..20 {
        press(&mut model, Press::Down);
    }
    assert_eq!(scrolled(&model), 6, "the last lines stay in view");
    press(&mut model, Press::PageUp);
    assert_eq!(scrolled(&model), 2);
    after(&mut model, 1, |live| live.events = vec![json!({}); 3]);
    assert_eq!(scrolled(&model), 5, "what is read stays in place");
    press(&mut model, Press::Pause);
    assert!(model.is_paused);
    assert!(model.press(Press::Quit).is_break());
}
