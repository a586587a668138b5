// The treap around a key: keys from left to right, priorities from top to bottom, asked for again every second.

import * as api from "./api.js";
import { bytesOf, compareBytes, count, show, toBase64 } from "./text.js";

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const REFRESH_MS = 1_000;
/** Rows and boxes in pixels; STEP is what neighbours in key order are apart at least, whatever their rows. */
const ROW = 74, HEIGHT = 40, GAP = 10, STEP = 30, LETTERS = 16;
const MOVE_MS = 450;
const ascii = (text) => new TextEncoder().encode(text);

const element = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

export class TreePicture {
  constructor() {
    this.visible = false;
    this.nodes = new Map();
    this.centre = null;
    this.links = element("g", { "aria-hidden": "true" });
    $("tree").append(this.links);
    this.lines = [];
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    $("tree-form").addEventListener("submit", (event) => { event.preventDefault(); this.around($("tree-key").value === "" ? null : bytesOf($("tree-key").value)); });
    $("tree-depth").addEventListener("input", () => { $("tree-depth-out").textContent = $("tree-depth").value; this.load(true); });
    setInterval(() => { if (this.visible && !document.hidden) this.load(false); }, REFRESH_MS);
  }

  setVisible(visible) {
    this.visible = visible;
    if (visible) this.load(true);
  }

  /** Looks around `bytes`; null is the root. */
  around(bytes) {
    this.centre = bytes;
    $("tree-key").value = bytes === null ? "" : show(bytes);
    this.load(true);
  }

  async load(scroll) {
    const ask = this.centre === null ? [] : [this.centre];
    try {
      const reply = await api.command([ascii("TREE"), ...ask, ascii("DEPTH"), ascii($("tree-depth").value)]);
      if (reply === null) return this.say(`There is no key ${show(this.centre)} now; the last picture is kept.`, true);
      if (reply.length === 0) { this.draw([], scroll); return this.say("The tree is empty."); }
      const parts = arrange(reply);
      this.draw(parts, scroll);
      const here = this.centre === null ? parts[0] : parts.find((node) => compareBytes(node.key, this.centre) === 0) ?? parts[0];
      this.say(`${count(parts[0].size)} keys in the tree; ${show(here.key)} is at depth ${here.depth} with ${keysBelow(here)} it.`);
    } catch (error) {
      this.say(error.message, true);
    }
  }

  draw(parts, scroll) {
    const width = place(parts);
    const deepest = parts.reduce((most, node) => Math.max(most, node.depth), 0);
    const height = (deepest + 1) * ROW + 30;
    $("tree").setAttribute("width", String(width));
    $("tree").setAttribute("height", String(height));
    $("tree").setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawNodes(parts);
    this.drawLinks(parts);
    this.move(performance.now(), this.calm.matches ? 0 : MOVE_MS);
    if (scroll) this.scrollToCentre(parts);
  }

  drawNodes(parts) {
    const seen = new Set();
    for (const node of parts) {
      const id = toBase64(node.key);
      seen.add(id);
      let shown = this.nodes.get(id);
      const fresh = shown === undefined;
      if (fresh) { shown = { group: this.make(node), x: node.x, y: node.y }; this.nodes.set(id, shown); $("tree").append(shown.group); }
      Object.assign(shown, { fromX: shown.x, fromY: shown.y, toX: node.x, toY: node.y });
      node.shownAs = shown;
      const here = this.centre !== null && compareBytes(node.key, this.centre) === 0;
      const path = this.centre !== null && !here && node.onPath;
      shown.group.setAttribute("class", `node${here ? " here" : ""}${path ? " path" : ""}${fresh && this.drawn ? " new" : ""}`);
      shown.group.setAttribute("aria-label", `${show(node.key)}, depth ${node.depth}, priority ${node.priority}, ${keysBelow(node)}`);
      shown.group.firstChild.setAttribute("x", String(-node.width / 2));
      shown.group.firstChild.setAttribute("width", String(node.width));
    }
    for (const [id, { group }] of this.nodes) if (!seen.has(id)) { group.remove(); this.nodes.delete(id); }
    this.drawn = true;
  }

  /** A line to each node from its parent, and a short one with a number where keys are not drawn. */
  drawLinks(parts) {
    this.lines = [];
    for (const node of parts) {
      if (node.parent !== null) this.lines.push({ path: element("path", { class: "link" }), from: node.parent.shownAs, to: node.shownAs });
      if (node.hidden === 0) continue;
      const text = element("text", { class: "small" });
      text.textContent = `+${count(node.hidden)}`;
      // Beside the link to the child that is drawn: the others are on its other side.
      const aside = node.child === null ? 0 : compareBytes(node.child.key, node.key) < 0 ? 22 : -22;
      this.lines.push({ path: element("path", { class: "link more" }), from: node.shownAs, text, aside });
    }
    this.links.replaceChildren(...this.lines.flatMap(({ path, text }) => (text ? [path, text] : [path])));
  }

  /** Moves nodes to their new places, and their links with them. */
  move(begun, duration) {
    this.begun = begun;
    const step = (now) => {
      if (this.begun !== begun) return;
      const part = duration === 0 ? 1 : Math.min(1, Math.max(0, (now - begun) / duration));
      const eased = 1 - (1 - part) ** 3;
      for (const shown of this.nodes.values()) {
        shown.x = shown.fromX + (shown.toX - shown.fromX) * eased;
        shown.y = shown.fromY + (shown.toY - shown.fromY) * eased;
        shown.group.setAttribute("transform", `translate(${shown.x} ${shown.y})`);
      }
      for (const { path, from, to, text, aside } of this.lines) {
        const bottom = from.y + HEIGHT;
        path.setAttribute("d", to ? `M${from.x} ${bottom}L${to.x} ${to.y}` : `M${from.x + aside} ${bottom}v14`);
        text?.setAttribute("x", String(from.x + aside));
        text?.setAttribute("y", String(bottom + 25));
      }
      if (part < 1) requestAnimationFrame(step);
    };
    step(begun);
  }

  make(node) {
    const group = element("g", { tabindex: "0", role: "button" });
    const key = element("text", { y: 17 });
    key.textContent = label(node.key);
    const priority = element("text", { y: 32, class: "small" });
    priority.textContent = (node.priority / 2 ** 32).toFixed(4);
    const title = element("title", {});
    title.textContent = `${show(node.key)}\npriority ${node.priority} of ${2 ** 32}`;
    group.append(element("rect", { y: 0, height: HEIGHT, rx: 7 }), key, priority, title);
    group.addEventListener("click", () => this.around(node.key));
    group.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.around(node.key); } });
    return group;
  }

  scrollToCentre(parts) {
    const box = $("tree").parentElement;
    const here = this.centre === null ? parts[0] : parts.find((node) => compareBytes(node.key, this.centre) === 0);
    if (here) box.scrollTo({ left: here.x - box.clientWidth / 2, top: Math.max(0, here.depth * ROW - box.clientHeight / 2) });
  }

  say(text, bad = false) {
    $("tree-message").textContent = text;
    $("tree-message").dataset.bad = String(bad);
  }
}

function keysBelow(node) {
  return node.size === 2 ? "1 key below" : `${count(node.size - 1)} keys below`;
}

/**
 * Gives each node its width and place, from left to right in key order, and returns the width of it all. Boxes of one
 * row never touch, but a box may stand over its neighbours of other rows.
 */
function place(parts) {
  const order = [...parts].sort((a, b) => compareBytes(a.key, b.key));
  const ends = [];
  let last = 0, width = 320;
  for (const node of order) {
    node.width = Math.max(64, label(node.key).length * 6.7 + 16);
    node.x = Math.max(last + STEP, (ends[node.depth] ?? 0) + GAP + node.width / 2);
    node.y = node.depth * ROW + 8;
    last = node.x;
    ends[node.depth] = node.x + node.width / 2;
    width = Math.max(width, ends[node.depth] + GAP);
  }
  return width;
}

function label(key) {
  const text = show(key);
  if (text === "") return "(empty)";
  return text.length > LETTERS ? text.slice(0, LETTERS - 1) + "…" : text;
}

/** From preorder with depths: each node's parent, whether it is on the path down, and how many keys below it are not drawn. */
function arrange(reply) {
  const open = [];
  const parts = reply.map((node) => ({ ...node, parent: null, child: null, shown: 0, onPath: false }));
  for (const node of parts) {
    open.length = Math.min(open.length, node.depth);
    node.parent = open[node.depth - 1] ?? null;
    if (node.parent !== null) { node.parent.child = node; node.parent.shown += node.size; }
    open[node.depth] = node;
  }
  for (const node of parts) node.hidden = node.size - 1 - node.shown;
  // The path is the run from the root in which each node is the only one drawn at its depth.
  const perDepth = new Map();
  for (const node of parts) perDepth.set(node.depth, (perDepth.get(node.depth) ?? 0) + 1);
  for (const node of parts) node.onPath = perDepth.get(node.depth) === 1 && (node.parent === null || node.parent.onPath);
  return parts;
}
