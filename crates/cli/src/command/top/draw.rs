//! Draws the live view on a screen of any size: all panes on a large screen, the selected one on a
//! small screen. Pure: it writes into a buffer of cells.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{
    model::{Model, Pane},
    rows::{self, Look, Rows},
};

/// Minimum size of the screen.
const WIDTH_MIN: u16 = 60;
const HEIGHT_MIN: u16 = 16;
/// Minimum size of the screen for showing all panes.
const WIDTH_LARGE: u16 = 100;
const HEIGHT_LARGE: u16 = 24;
const HEADER_HEIGHT: u16 = 4;
const KEYS: &str = "q quit  Tab pane  arrows scroll  p pause";

/// Number of lines of a pane, and number of lines that fit.
pub(super) type Size = (Pane, usize, usize);

/// Draws the view. Returns the sizes of the panes, which scrolling needs.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) -> Vec<Size> {
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        let lines = [
            format!("too small: {} x {}", area.width, area.height),
            format!("needed: {WIDTH_MIN} x {HEIGHT_MIN}"),
            "q quits".to_owned(),
        ];
        for (y, line) in (area.y..area.bottom()).zip(lines) {
            buffer.set_line(area.x, y, &Line::from(line), area.width);
        }
        return Vec::new();
    }
    let parts = [Constraint::Length(HEADER_HEIGHT), Constraint::Min(1), Constraint::Length(1)];
    let [top, body, bottom] = Layout::vertical(parts).areas(area);
    for (y, line) in (top.y..).zip(rows::header(model, look)) {
        buffer.set_line(top.x, y, &line, top.width);
    }
    let keys = Line::styled(KEYS, look.quiet());
    buffer.set_line(bottom.x, bottom.y, &keys, bottom.width);
    match WIDTH_LARGE <= area.width && HEIGHT_LARGE <= area.height {
        true => all(model, look, body, buffer),
        false => selected(model, look, body, buffer),
    }
}

/// Draws all panes.
fn all(model: &Model, look: &Look, body: Rect, buffer: &mut Buffer) -> Vec<Size> {
    let [upper, lower] = Layout::vertical([Constraint::Percentage(50); 2]).areas(body);
    let [calls, records] =
        Layout::horizontal([Constraint::Percentage(64), Constraint::Percentage(36)])
            .spacing(2)
            .areas(upper);
    let [work, events] =
        Layout::horizontal([Constraint::Percentage(40), Constraint::Percentage(60)])
            .spacing(2)
            .areas(lower);
    let places = [
        (Pane::Calls, calls),
        (Pane::Records, records),
        (Pane::Work, work),
        (Pane::Events, events),
    ];
    let drawn = places.into_iter().map(|(pane, area)| {
        let title = format!(" {} ", rows::title(model, pane));
        let style = title_style(pane == model.pane);
        let rule = "-".repeat(usize::from(area.width).saturating_sub(title.len()));
        let line = Line::from(vec![Span::styled(title, style), Span::styled(rule, look.quiet())]);
        buffer.set_line(area.x, area.y, &line, area.width);
        let content = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        content_of(model, look, pane, content, buffer)
    });
    drawn.collect()
}

/// Draws the titles of all panes, and the selected one below.
fn selected(model: &Model, look: &Look, body: Rect, buffer: &mut Buffer) -> Vec<Size> {
    let titles = Pane::ALL.into_iter().map(|pane| {
        let title = match pane == model.pane {
            true => rows::title(model, pane),
            false => pane.title().to_owned(),
        };
        Span::styled(format!(" {title} "), title_style(pane == model.pane))
    });
    let line = Line::from(titles.collect::<Vec<_>>());
    buffer.set_line(body.x, body.y, &line, body.width);
    let content = Rect { y: body.y + 1, height: body.height - 1, ..body };
    vec![content_of(model, look, model.pane, content, buffer)]
}

fn title_style(is_selected: bool) -> Style {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    if is_selected { bold.add_modifier(Modifier::REVERSED) } else { bold }
}

/// Draws the lines of a pane, starting at its scroll position.
fn content_of(model: &Model, look: &Look, pane: Pane, area: Rect, buffer: &mut Buffer) -> Size {
    let Rows { heading, lines } = rows::rows(model, pane, usize::from(area.width), look);
    let mut y = area.y;
    if let Some(heading) = heading.filter(|_| 0 < area.height) {
        buffer.set_line(area.x, y, &heading, area.width);
        y += 1;
    }
    let fitting = usize::from(area.bottom().saturating_sub(y));
    let first = model.scrolled(pane).min(lines.len().saturating_sub(fitting));
    for (y, line) in (y..area.bottom()).zip(&lines[first..]) {
        buffer.set_line(area.x, y, line, area.width);
    }
    (pane, lines.len(), fitting)
}
