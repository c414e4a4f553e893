//! Charts as inline SVG. They contain only shapes: labels are HTML, so that they keep their size on
//! a narrow screen. Each chart has a table of its numbers.

use std::fmt::Write;

use super::numbers::percent;

/// Size of a chart in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
/// Maximum number of columns. If there are more values, neighbours are summed.
pub(super) const COLUMNS_MAX: usize = 60;

/// A value of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    /// The label, such as a date, as safe HTML.
    pub(super) label: String,
    pub(super) value: u64,
}

/// Builds a chart with one column for each value, from zero.
#[expect(clippy::cast_precision_loss, reason = "a chart has few columns")]
pub(super) fn columns(about: &str, points: &[Point], shown: impl Fn(u64) -> String) -> String {
    let most = points.iter().map(|point| point.value).max().unwrap_or(0);
    let step = WIDTH / points.len().max(1) as f64;
    let mut shapes = String::new();
    for (at, point) in points.iter().enumerate() {
        // A non-zero value is always visible.
        let height = percent(point.value, most) * HEIGHT / 100.0;
        let height = if point.value == 0 { 0.0 } else { height.max(1.5) };
        let (x, y, width) = (step * at as f64, HEIGHT - height, step * 0.8);
        let (label, value) = (&point.label, shown(point.value));
        write_shape(
            &mut shapes,
            format_args!(
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\">\
                 <title>{label}: {value}</title></rect>"
            ),
        );
    }
    framed(about, points, &shown(most), &shapes)
}

/// Builds a chart of a growing sum, from zero.
#[expect(clippy::cast_precision_loss, reason = "a chart has few points")]
pub(super) fn area(about: &str, points: &[Point], shown: impl Fn(u64) -> String) -> String {
    let most = points.iter().map(|point| point.value).max().unwrap_or(0);
    let step = WIDTH / points.len().saturating_sub(1).max(1) as f64;
    let mut line = String::new();
    for (at, point) in points.iter().enumerate() {
        let y = HEIGHT - percent(point.value, most) * (HEIGHT - 2.0) / 100.0;
        write_shape(&mut line, format_args!("{:.2},{y:.2} ", step * at as f64));
    }
    let line = match points {
        [_] => format!("{line}{WIDTH:.2},{}", line.split(',').next_back().unwrap_or_default()),
        _ => line,
    };
    let line = line.trim_end();
    let shapes = format!(
        "<polygon points=\"0,{HEIGHT} {line} {WIDTH},{HEIGHT}\"/><polyline points=\"{line}\"/>"
    );
    framed(about, points, &shown(most), &shapes)
}

/// Builds a bar for a table, of `part` of `whole`.
pub(super) fn bar(part: u64, whole: u64) -> String {
    bar_of(percent(part, whole))
}

/// Builds a bar for a table, of a share in percent.
pub(super) fn bar_of(percent: f64) -> String {
    let width = percent.clamp(0.0, 100.0);
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"rest\" width=\"100\" height=\"8\" rx=\"1\"/>\
         <rect width=\"{width:.2}\" height=\"8\" rx=\"1\"/></svg>"
    )
}

/// Sums neighbours so that at most [`COLUMNS_MAX`] points are left. Each is labelled with the first
/// and last of its values.
pub(super) fn summed(points: &[Point]) -> Vec<Point> {
    let width = points.len().div_ceil(COLUMNS_MAX).max(1);
    points.chunks(width).map(|some| joined(some, some.iter().map(|it| it.value).sum())).collect()
}

/// Keeps the last of each group of neighbours so that at most [`COLUMNS_MAX`] points are left.
pub(super) fn thinned(points: &[Point]) -> Vec<Point> {
    let width = points.len().div_ceil(COLUMNS_MAX).max(1);
    points.chunks(width).map(|some| joined(some, some[some.len() - 1].value)).collect()
}

fn joined(some: &[Point], value: u64) -> Point {
    let label = match some {
        [first, .., last] => format!("{} to {}", first.label, last.label),
        some => some.iter().map(|point| point.label.clone()).collect(),
    };
    Point { label, value }
}

fn framed(about: &str, points: &[Point], most: &str, shapes: &str) -> String {
    let begin = |point: &Point| point.label.split(" to ").next().unwrap_or_default().to_owned();
    let end = |point: &Point| point.label.split(" to ").last().unwrap_or_default().to_owned();
    let first = points.first().map(begin).unwrap_or_default();
    let last = points.last().map(end).unwrap_or_default();
    format!(
        "<figure>\n<div class=\"most\" aria-hidden=\"true\">{most}</div>\n\
         <svg class=\"chart\" role=\"img\" aria-label=\"{about}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         preserveAspectRatio=\"none\">{shapes}</svg>\n\
         <div class=\"ends\" aria-hidden=\"true\"><span>{first}</span><span>{last}</span></div>\n\
         </figure>\n"
    )
}

fn write_shape(out: &mut String, shape: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(shape);
}
