//! The order in which threads get lanes.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::*;

#[test]
fn a_returning_thread_waits_behind_later_arrivals() {
    let (lanes, order) = (Lanes::new(1), Mutex::new(Vec::new()));
    let first = lanes.enter();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _lane = lanes.enter();
            order.lock().unwrap().push("came meanwhile");
        });
        while lanes.lock().next < 2 {
            thread::yield_now();
        }
        drop(first);
        let _lane = lanes.enter();
        order.lock().unwrap().push("came back");
    });
    assert_eq!(order.into_inner().unwrap(), ["came meanwhile", "came back"]);
}

#[test]
fn concurrency_is_limited_by_lanes_and_all_threads_get_one() {
    let (lanes, running, most) = (Lanes::new(3), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let _lane = lanes.enter();
                    most.fetch_max(1 + running.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(most.into_inner() <= 3);
    assert_eq!(lanes.lock().free, 3);
}
