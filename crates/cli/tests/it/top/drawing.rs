//! Screens of the view.

use expect_test::{Expect, expect, expect_file};
use ratatui::{
    Terminal,
    backend::TestBackend,
    style::{Color, Modifier},
};

use super::{draw::draw, look_of, model::Model, model::Press, seen};

fn screen(model: &Model, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            let area = frame.area();
            draw(model, &look_of(true), area, frame.buffer_mut());
        })
        .unwrap();
    terminal.backend().clone()
}

/// Returns the characters of a screen, without the blank ones at the end of a line.
fn shown(model: &Model, width: u16, height: u16) -> String {
    let shown = screen(model, width, height).to_string();
    let lines = shown.lines().map(|line| line.trim_matches('"').trim_end());
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']), "{text}");
    text
}

fn check(model: &Model, width: u16, height: u16, expected: Expect) {
    expected.assert_eq(&shown(model, width, height));
}

#[test]
fn a_small_screen_shows_the_selected_pane() {
    let mut model = seen();
    check(
        &model,
        60,
        16,
        expect![[r#"
        running  /home/ada/memory
        CPU 12%, RAM 2048 of 8192 MB, disk 10.0 of 100.0 GB, load 0.
        3 connections, 1 stream, 100 MiB RAM, 12.2 s CPU, 7 MiB on d
        7 events lost: 2 unwritten, 5 lapped; 4 pending, 0 behind
         Calls 2  Records  Work  Events
        operation              calls   per s     p50     p99  failed
        POST /recall             123       -   6.2ms    95ms       3
        Remember                   7       -       -       -       0







        q quit  Tab pane  arrows scroll  p pause
    "#]],
    );
    let _ = model.press(Press::PreviousPane);
    check(
        &model,
        60,
        16,
        expect![[r#"
        running  /home/ada/memory
        CPU 12%, RAM 2048 of 8192 MB, disk 10.0 of 100.0 GB, load 0.
        3 connections, 1 stream, 100 MiB RAM, 12.2 s CPU, 7 MiB on d
        7 events lost: 2 unwritten, 5 lapped; 4 pending, 0 behind
         Calls  Records  Work  Events
        03:04:06  metric  \e]0;x\u{7}  "\u{9b}31m"
        03:04:05  task  clerk  {"step":"open"}








        q quit  Tab pane  arrows scroll  p pause
    "#]],
    );
}

#[test]
fn a_large_screen_shows_all_panes() {
    expect_file!["large.txt"].assert_eq(&shown(&seen(), 130, 24));
}

#[test]
fn a_screen_that_is_too_small_says_which_size_is_needed() {
    check(
        &seen(),
        40,
        5,
        expect![[r#"
        too small: 40 x 5
        needed: 60 x 16
        q quits


    "#]],
    );
    check(
        &seen(),
        3,
        1,
        expect![[r#"
        too
    "#]],
    );
}

#[test]
fn every_size_can_be_drawn() {
    for (width, height) in [(1, 1), (60, 16), (61, 17), (99, 40), (100, 23), (100, 24), (300, 90)] {
        let mut model = seen();
        for _ in 0..4 {
            screen(&model, width, height);
            let _ = model.press(Press::NextPane);
        }
    }
}

#[test]
fn colours_are_absent_if_they_are_not_wanted() {
    let colours = |has_color: bool| {
        let mut terminal = Terminal::new(TestBackend::new(130, 30)).unwrap();
        terminal
            .draw(|frame| {
                let area = frame.area();
                draw(&seen(), &look_of(has_color), area, frame.buffer_mut());
            })
            .unwrap();
        let cells = terminal.backend().buffer().content().to_vec();
        let is_reversed = cells.iter().any(|it| it.modifier.contains(Modifier::REVERSED));
        assert!(is_reversed, "the selected pane is marked");
        cells.iter().any(|it| it.fg != Color::Reset || it.bg != Color::Reset)
    };
    assert!(colours(true));
    assert!(!colours(false));
}
