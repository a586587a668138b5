// A console: one command a line, through the bridge.

import * as api from "./api.js";
import { show, words } from "./text.js";

const $ = (id) => document.getElementById(id);
const MAX_LINES = 500;

export class Console {
  constructor() {
    this.history = [];
    this.at = 0;
    $("console-form").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    $("console-in").addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp") this.recall(-1, event);
      if (event.key === "ArrowDown") this.recall(1, event);
    });
  }

  recall(step, event) {
    const to = this.at + step;
    if (to < 0 || to > this.history.length) return;
    event.preventDefault();
    this.at = to;
    $("console-in").value = this.history[to] ?? "";
  }

  async send() {
    const line = $("console-in").value.trim();
    if (line === "") return;
    if (this.history.at(-1) !== line) this.history.push(line);
    this.at = this.history.length;
    $("console-in").value = "";
    this.print("> " + line, "asked");
    if (line.toLowerCase() === "help") return this.print("COMMAND LIST names all commands; `heapwood cli` explains each: help SET");
    if (line.toLowerCase() === "clear") return $("console-out").replaceChildren();
    try {
      this.print(render(await api.command(words(line)), ""));
    } catch (error) {
      this.print(error instanceof api.ApiError ? `(error) ${error.code === "REFUSED" ? "" : error.code + " "}${error.message}` : `(not sent) ${error.message}`, "failed");
    }
  }

  print(text, kind = "") {
    const out = $("console-out");
    const line = document.createElement("div");
    line.className = kind;
    line.textContent = text;
    out.append(line);
    while (out.childElementCount > MAX_LINES) out.firstElementChild.remove();
    out.scrollTop = out.scrollHeight;
  }
}

/** A reply in the way of the command-line client: typed, numbered, indented. */
function render(value, indent) {
  if (value === null) return "(nil)";
  if (value instanceof Uint8Array) return `"${show(value).replaceAll('"', '\\"')}"`;
  if (typeof value === "number") return Number.isInteger(value) ? `(integer) ${value}` : `(double) ${value}`;
  if (typeof value === "boolean") return `(${value})`;
  if (Array.isArray(value)) {
    if (value.length === 0) return "(empty array)";
    const width = String(value.length).length;
    return value.map((part, i) => `${i === 0 ? "" : indent}${String(i + 1).padStart(width)}) ${render(part, indent + " ".repeat(width + 2))}`).join("\n");
  }
  if ("error" in value) return `(error) ${value.error.code} ${value.error.message}`;
  const pairs = Object.entries(value);
  return pairs.map(([name, part], i) => `${i === 0 ? "" : indent}${name} => ${render(part, indent + "  ")}`).join("\n");
}
