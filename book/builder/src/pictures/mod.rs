//! Pictures, recorded from the stages' own code.
//!
//! A page asks for one with a fenced block that names a kind and describes operations:
//!
//! ````text
//! ```picture treap
//! title Three keys, one rotation
//! seed 7
//! insert fig apple mango
//! ```
//! ````
//!
//! Each kind is a module with one function, `record`: it carries the operations out on the real crate and notes, after
//! each, what its public snapshots show. Nothing is drawn that was not recorded.

mod broker;
mod deque;
mod frame;
mod http;
mod keyspace;
mod log;
mod rounds;
mod script;
pub mod svg;
mod treap;
mod window;

pub use script::{Line, Script};

/// One step of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What happened, in one sentence, for the live region below the drawing.
    pub caption: String,
    /// An `<svg>` element, from [`svg::Drawing`].
    pub drawing: String,
}

/// What a block of a page became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What the picture shows, from the block's `title` line.
    pub title: String,
    /// Its steps, at least one.
    pub frames: Vec<Frame>,
}

/// Records the picture that a block of this kind describes.
///
/// # Errors
/// The kind does not exist, or a line of the block cannot be carried out; says which and why.
pub fn record(kind: &str, body: &str) -> Result<Picture, String> {
    let script = Script::parse(body)?;
    let frames = match kind {
        "frame" => frame::record(&script),
        "treap" => treap::record(&script),
        "rounds" => rounds::record(&script),
        "log" => log::record(&script),
        "keyspace" => keyspace::record(&script),
        "deque" => deque::record(&script),
        "broker" => broker::record(&script),
        "http" => http::record(&script),
        "window" => window::record(&script),
        _ => return Err(format!("there is no picture of the kind {kind:?}")),
    }?;
    if frames.is_empty() {
        return Err("the picture has no step".into());
    }
    Ok(Picture { title: script.title, frames })
}

/// The picture as HTML: every frame, with buttons that step through them where there is JavaScript. Without it the first
/// and the last frame show.
pub fn render(picture: &Picture, id: &str) -> String {
    let last = picture.frames.len() - 1;
    let mut html = format!(
        "<figure class=\"picture\" id=\"{id}\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">\n<div class=\"picture-title\">{}</div>\n",
        svg::escape(&picture.title),
        svg::escape(&picture.title)
    );
    for (index, frame) in picture.frames.iter().enumerate() {
        let hidden = if index == 0 || index == last { "" } else { " hidden" };
        html.push_str(&format!(
            "<div class=\"picture-frame\" data-step=\"{}\"{hidden}>{}<p class=\"picture-caption\"><span class=\"picture-count\">{} of {}</span> {}</p></div>\n",
            index + 1,
            frame.drawing,
            index + 1,
            last + 1,
            svg::escape(&frame.caption)
        ));
    }
    html.push_str("</figure>\n");
    html
}
