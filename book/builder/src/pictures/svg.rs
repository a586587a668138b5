//! Drawing: a few shapes as SVG, whose colours come from the page's style sheet.
//!
//! Shapes carry classes, never colours, so that a picture follows the page's theme. A class says a role, and each role
//! differs from the others by more than its colour (a stroke's width or dashes, a letter, a label):
//!
//! - `box`: an ordinary shape; `hot`: what this step is about (thick outline); `new`: what came into being (double
//!   weight, filled); `dim`: what is no longer, or not yet (dashed); `bad`: damage (hatched, and say so in words);
//!   `good`: what is safe (filled lightly).
//! - `line`, `line hot`, `line dim`: connections.
//! - for text: `text`, `text small`, `text mono`, `text strong`, `text dim`.

use std::fmt::Write;

/// The width of a character of 14-unit monospaced text.
pub const CHAR_WIDTH: f64 = 8.4;

/// Where a text is anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its beginning.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// A drawing under way. Units are CSS pixels at natural size; wider than 720 shrinks on the page.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    body: String,
    width: f64,
    height: f64,
}

impl Drawing {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn grow(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
    }

    /// A rectangle with rounded corners.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) {
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\"/>"
        ));
        self.grow(x + width, y + height);
    }

    /// A circle around a point.
    pub fn circle(&mut self, x: f64, y: f64, radius: f64, class: &str) {
        self.put(format_args!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"));
        self.grow(x + radius, y + radius);
    }

    /// A straight line; with `arrow`, a head at its end.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str, arrow: bool) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
        if arrow {
            let angle = (y2 - y1).atan2(x2 - x1);
            let corner = |turn: f64| (x2 - 8.0 * (angle + turn).cos(), y2 - 8.0 * (angle + turn).sin());
            let ((ax, ay), (bx, by)) = (corner(0.45), corner(-0.45));
            self.put(format_args!(
                "<polygon class=\"head {class}\" points=\"{x2:.1},{y2:.1} {ax:.1},{ay:.1} {bx:.1},{by:.1}\"/>"
            ));
        }
        self.grow(x1.max(x2), y1.max(y2));
    }

    /// A text whose baseline is at `y`.
    pub fn text(&mut self, x: f64, y: f64, text: &str, class: &str, anchor: Anchor) {
        let name = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{name}\">{}</text>",
            escape(text)
        ));
        let width = text.chars().count() as f64 * CHAR_WIDTH;
        let right = match anchor {
            Anchor::Start => x + width,
            Anchor::Middle => x + width / 2.0,
            Anchor::End => x,
        };
        self.grow(right, y + 4.0);
    }

    /// The drawing as an `<svg>` element at least as large as `least`, so that the frames of a picture agree; `label`
    /// describes it to those who do not see it.
    pub fn finish(mut self, least: (f64, f64), label: &str) -> String {
        self.grow(least.0 - 4.0, least.1 - 4.0);
        let (width, height) = (self.width + 4.0, self.height + 4.0);
        format!(
            "<svg role=\"img\" aria-label=\"{}\" viewBox=\"-2 -2 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">{}</svg>",
            escape(label),
            self.body
        )
    }
}

/// Text as HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
