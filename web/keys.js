// The key browser: key order, prefix search, time to live counting down, and one key to edit.

import * as api from "./api.js";
import { bytesOf, duration, show } from "./text.js";

const $ = (id) => document.getElementById(id);
const PAGE = 100;
const REFRESH_MS = 2_000;

export class Keys {
  /** `lookAround(bytes)` shows a key in the treap. */
  constructor(lookAround) {
    this.rows = [];
    this.next = null;
    this.shown = PAGE;
    this.visible = false;
    $("keys-form").addEventListener("submit", (event) => { event.preventDefault(); this.shown = PAGE; this.load(); });
    $("keys-more").addEventListener("click", () => { this.shown += PAGE; this.load(); });
    $("key-form").addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    $("key-name").addEventListener("input", () => this.writable());
    $("key-delete").addEventListener("click", () => this.remove());
    $("key-tree").addEventListener("click", () => lookAround(bytesOf($("key-name").value)));
    setInterval(() => { if (this.visible) this.countDown(); }, 200);
    setInterval(() => { if (this.visible && !document.hidden) this.load(true); }, REFRESH_MS);
  }

  setVisible(visible) {
    this.visible = visible;
    if (visible) this.load();
  }

  async load(quiet = false) {
    const prefix = bytesOf($("keys-prefix").value);
    try {
      let keys = [], after = null;
      do {
        const page = await api.keys(prefix, after, Math.min(1000, this.shown - keys.length));
        keys = keys.concat(page.keys);
        after = page.next;
      } while (after !== null && keys.length < this.shown);
      this.next = after;
      this.draw(keys);
      this.say("keys-message", keys.length === 0 ? "No key begins like that." : `${keys.length} shown${after === null ? "" : ", there are more"}`);
    } catch (error) {
      if (!quiet) this.say("keys-message", error.message, true);
    }
  }

  draw(keys) {
    const focused = document.activeElement?.closest?.("#keys-table tr")?.dataset.key;
    const now = performance.now();
    this.rows = keys.map((entry) => {
      const row = document.createElement("tr");
      row.dataset.key = entry.key;
      const name = document.createElement("td");
      const open = document.createElement("button");
      open.type = "button";
      open.textContent = show(entry.bytes) || "(the empty key)";
      // The row is as good as its button, for whoever points; the keyboard meets only the button.
      row.addEventListener("click", () => this.open(entry.bytes));
      name.append(open);
      const type = document.createElement("td");
      type.textContent = entry.type;
      const ttl = document.createElement("td");
      ttl.className = "num";
      row.append(name, type, ttl);
      if (entry.key === this.opened) row.setAttribute("aria-current", "true");
      return { row, ttl, open, endsAt: entry.ttl_ms === null ? null : now + entry.ttl_ms };
    });
    $("keys-table").tBodies[0].replaceChildren(...this.rows.map(({ row }) => row));
    $("keys-more").hidden = this.next === null;
    this.countDown();
    if (focused !== undefined) this.rows.find(({ row }) => row.dataset.key === focused)?.open.focus({ preventScroll: true });
  }

  countDown() {
    const now = performance.now();
    for (const { ttl, endsAt } of this.rows) ttl.textContent = endsAt === null ? "never" : duration((endsAt - now) / 1000);
  }

  async open(bytes) {
    try {
      const entry = await api.key(bytes);
      const list = entry.type === "list";
      this.opened = entry.key;
      $("key-name").value = show(bytes);
      $("key-value").value = list ? entry.value.map(show).join("\n") : show(entry.value);
      $("key-value").readOnly = list;
      $("key-save").disabled = list;
      $("key-ttl").value = entry.ttl_ms === null ? "" : (entry.ttl_ms / 1000).toFixed(1);
      this.say("key-message", list ? `A list of ${entry.length}: the Queues tab pushes and pops.` : "");
      for (const { row } of this.rows) row.toggleAttribute("aria-current", row.dataset.key === entry.key);
    } catch (error) {
      this.say("key-message", error.message, true);
    }
  }

  /** Another name than that of the list which was looked at: it can be a string's. */
  writable() {
    $("key-value").readOnly = false;
    $("key-save").disabled = false;
  }

  async save() {
    const typed = $("key-ttl").value.trim().replace(",", ".");
    const seconds = Number(typed);
    if (typed !== "" && !(seconds > 0)) return this.say("key-message", "The time to live is a number of seconds above 0, or empty.", true);
    try {
      await api.putKey(bytesOf($("key-name").value), bytesOf($("key-value").value), typed === "" ? null : Math.max(1, Math.round(seconds * 1000)));
      this.say("key-message", "Saved.");
      await this.load(true);
    } catch (error) {
      this.say("key-message", error.message, true);
    }
  }

  async remove() {
    const bytes = bytesOf($("key-name").value);
    try {
      await api.deleteKey(bytes);
      this.say("key-message", "Deleted.");
      this.writable();
      await this.load(true);
    } catch (error) {
      this.say("key-message", error.message, true);
    }
  }

  say(id, text, bad = false) {
    $(id).textContent = text;
    $(id).dataset.bad = String(bad);
  }
}
