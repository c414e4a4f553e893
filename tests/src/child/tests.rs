//! Children of this test binary.

use super::*;

/// Runs as a child: answers each line, then announces its end.
#[test]
fn child() {
    if place().is_none() {
        return;
    }
    for line in std::io::stdin().lines() {
        let line = line.expect("the parent writes UTF-8");
        match line.as_str() {
            "fail" => panic!("it was told to"),
            "park" => loop {
                say("parked");
                thread::park();
            },
            line => say(line.to_uppercase()),
        }
    }
    say("ends");
}

fn start() -> Child {
    let mut quiet = command("child::tests::child", Path::new("anywhere"));
    quiet.stderr(Stdio::null());
    Child::of(quiet)
}

#[test]
fn lines_arrive_in_order_and_the_rest_at_the_end() {
    let mut child = start();
    assert_eq!(child.ask("one"), "ONE");
    for line in ["two", "three", "four"] {
        child.tell(line);
    }
    assert_eq!(child.hear_some(2), ["TWO", "THREE"]);
    assert_eq!(child.end(), ["FOUR", "ends"]);
}

#[test]
fn a_killed_child_leaves_only_lines_that_it_said() {
    let mut child = start();
    child.tell("one");
    assert_eq!(child.ask("park"), "ONE");
    assert_eq!(child.hear().as_deref(), Some("parked"));
    assert!(!child.has_ended());
    assert_eq!(child.kill(), [""; 0]);
}

#[test]
fn a_child_is_killed_at_a_point_unless_it_ends_before() {
    let mut parked = start();
    assert_eq!(parked.ask("park"), "parked");
    let mut looks = 0;
    assert!(parked.kill_when(|| {
        looks += 1;
        looks == 3
    }));
    let mut ending = start();
    drop(ending.input.take());
    assert!(!ending.kill_when(|| false));
}

#[test]
fn a_child_that_fails_is_noticed() {
    let mut child = start();
    child.tell("fail");
    assert!(std::panic::catch_unwind(|| child.end()).is_err());
}
