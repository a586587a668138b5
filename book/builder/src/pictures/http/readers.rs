//! The same bytes before two servers, and which requests each lets an application see.

use super::behind::{Application, Asked, exchange};
use super::{bytes_of, count, shown};
use crate::pictures::svg::{Anchor, CHAR_WIDTH, Drawing};
use crate::pictures::{Frame, Script};

pub(super) fn record(script: &Script) -> Result<Vec<Frame>, String> {
    let mut bytes = Vec::new();
    for line in script.lines.iter().filter(|line| line.verb == "send") {
        bytes.extend(bytes_of(&line.rest)?);
    }
    let lines: Vec<String> = bytes.split_inclusive(|&byte| byte == b'\n').map(shown).collect();
    let mut frames = vec![frame(
        &lines,
        None,
        format!("A client sends these {} in one write.", count(bytes.len(), "byte")),
    )];
    for line in &script.lines {
        let (name, application) = match line.verb.as_str() {
            "send" => continue,
            "bare" => ("tiny_http alone", Application::bare()),
            "guard" => ("the guard, and tiny_http behind it", Application::guarded()),
            _ => return Err(format!("{} does not go with send", line.verb)),
        };
        let application = application.map_err(|error| error.to_string())?;
        let statuses = exchange(&application, &bytes)?;
        let asked = application.finish();
        let seen = match asked.len() {
            0 => "no request".to_owned(),
            number => count(number, "request"),
        };
        let paths: Vec<&str> = asked.iter().map(|(line, _)| line.as_str()).collect();
        let which = if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", then ")) };
        let caption = format!(
            "Through {name}, the application is given {seen}{which}; the client is answered {}.",
            statuses.join(", then ")
        );
        frames.push(frame(&lines, Some((name, &asked, &statuses)), caption));
    }
    Ok(frames)
}

fn frame(lines: &[String], seen: Option<(&str, &Asked, &[String])>, caption: String) -> Frame {
    let mut drawing = Drawing::new();
    drawing.text(0.0, 12.0, "one connection's bytes", "text small dim", Anchor::Start);
    let mut y = 22.0;
    for line in lines {
        let width = line.chars().count() as f64 * CHAR_WIDTH + 8.0;
        drawing.rect(0.0, y, width, 24.0, "box");
        drawing.text(4.0, y + 17.0, line, "text mono", Anchor::Start);
        y += 28.0;
    }
    let least = (712.0, y + 126.0);
    if let Some((name, asked, statuses)) = seen {
        draw_seen(&mut drawing, y + 24.0, name, asked, statuses);
    }
    Frame { drawing: drawing.finish(least, &caption), caption }
}

fn draw_seen(drawing: &mut Drawing, y: f64, name: &str, asked: &Asked, statuses: &[String]) {
    drawing.text(0.0, y, &format!("through {name}, the application sees"), "text small dim", Anchor::Start);
    if asked.is_empty() {
        drawing.rect(0.0, y + 10.0, 340.0, 30.0, "dim");
        drawing.text(12.0, y + 30.0, "nothing", "text", Anchor::Start);
    }
    for (index, (line, body)) in asked.iter().enumerate() {
        let x = 360.0 * index as f64;
        // More than the first was not meant.
        drawing.rect(x, y + 10.0, 340.0, 30.0, if index == 0 { "box" } else { "bad" });
        let text = format!("{}: {line}, {}", index + 1, count(body.len(), "body byte"));
        drawing.text(x + 12.0, y + 30.0, &text, "text mono", Anchor::Start);
    }
    let told = format!("the client is told: {}", statuses.join(", then "));
    drawing.text(0.0, y + 66.0, &told, "text", Anchor::Start);
}
