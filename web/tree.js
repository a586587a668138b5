// The treap around a key: keys from left to right, priorities from top to bottom, asked for again every second.

import * as api from "./api.js";
import { bytesOf, compareBytes, count, show, toBase64 } from "./text.js";

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const REFRESH_MS = 1_000;
const ROW = 74, HEIGHT = 40, GAP = 10, LETTERS = 16;
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
    this.links = null;
    this.linksDrawn = "";
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
      this.say(`${count(parts[0].size)} keys in the tree; ${show(here.key)} is at depth ${here.depth} with ${count(here.size - 1)} keys below it.`);
    } catch (error) {
      this.say(error.message, true);
    }
  }

  draw(parts, scroll) {
    const widths = parts.map((node) => Math.max(64, label(node.key).length * 6.7 + 16));
    const order = parts.map((_, i) => i).sort((a, b) => compareBytes(parts[a].key, parts[b].key));
    let right = GAP;
    for (const i of order) { parts[i].width = widths[i]; parts[i].x = right + widths[i] / 2; right += widths[i] + GAP; }
    const deepest = parts.reduce((most, node) => Math.max(most, node.depth), 0);
    const height = (deepest + 1) * ROW + 30;
    $("tree").setAttribute("width", String(Math.max(right, 320)));
    $("tree").setAttribute("height", String(height));
    $("tree").setAttribute("viewBox", `0 0 ${Math.max(right, 320)} ${height}`);
    this.drawLinks(parts);
    this.drawNodes(parts);
    if (scroll) this.scrollToCentre(parts);
  }

  drawLinks(parts) {
    const made = [];
    for (const node of parts) {
      const y = node.depth * ROW + HEIGHT + 8;
      if (node.parent !== null) made.push(element("path", { class: "link", d: `M${node.parent.x} ${node.parent.depth * ROW + HEIGHT + 8}L${node.x} ${node.depth * ROW + 8}` }));
      if (node.hidden > 0) {
        made.push(element("path", { class: "link more", d: `M${node.x} ${y}v14` }));
        const text = element("text", { class: "small", x: node.x, y: y + 25 });
        text.textContent = `+${count(node.hidden)}`;
        made.push(text);
      }
    }
    // New links appear once the nodes have moved to their places; links that stay stay still.
    const drawing = made.map((part) => part.outerHTML).join("");
    if (drawing === this.linksDrawn) return;
    this.linksDrawn = drawing;
    this.links?.remove();
    this.links = element("g", { class: "links", "aria-hidden": "true" });
    this.links.append(...made);
    $("tree").prepend(this.links);
  }

  drawNodes(parts) {
    const seen = new Set();
    for (const node of parts) {
      const id = toBase64(node.key);
      seen.add(id);
      let group = this.nodes.get(id);
      const fresh = group === undefined;
      if (fresh) { group = this.make(node); this.nodes.set(id, group); $("tree").append(group); }
      const here = this.centre !== null && compareBytes(node.key, this.centre) === 0;
      const path = this.centre !== null && !here && node.onPath;
      group.setAttribute("class", `node${here ? " here" : ""}${path ? " path" : ""}${fresh && this.drawn ? " new" : ""}`);
      group.style.transform = `translate(${node.x}px, ${node.depth * ROW + 8}px)`;
      group.setAttribute("aria-label", `${show(node.key)}, depth ${node.depth}, priority ${node.priority}, ${node.size - 1} keys below`);
      group.firstChild.setAttribute("x", String(-node.width / 2));
      group.firstChild.setAttribute("width", String(node.width));
    }
    for (const [id, group] of this.nodes) if (!seen.has(id)) { group.remove(); this.nodes.delete(id); }
    this.drawn = true;
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

function label(key) {
  const text = show(key);
  if (text === "") return "(empty)";
  return text.length > LETTERS ? text.slice(0, LETTERS - 1) + "…" : text;
}

/** From preorder with depths: each node's parent, whether it is on the path down, and how many keys below it are not drawn. */
function arrange(reply) {
  const open = [];
  const parts = reply.map((node) => ({ ...node, parent: null, children: 0, shown: 0, onPath: false }));
  for (const node of parts) {
    open.length = Math.min(open.length, node.depth);
    node.parent = open[node.depth - 1] ?? null;
    if (node.parent !== null) { node.parent.children++; node.parent.shown += node.size; }
    open[node.depth] = node;
  }
  for (const node of parts) node.hidden = node.size - 1 - node.shown;
  // The path is the run from the root in which each node is the only one drawn at its depth.
  const perDepth = new Map();
  for (const node of parts) perDepth.set(node.depth, (perDepth.get(node.depth) ?? 0) + 1);
  for (const node of parts) node.onPath = perDepth.get(node.depth) === 1 && (node.parent === null || node.parent.onPath);
  return parts;
}
