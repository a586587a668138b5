// Queues: the elements of one list, pushed and popped at either end.

import * as api from "./api.js";
import { bytesOf, count, show } from "./text.js";

const $ = (id) => document.getElementById(id);
const LOOK = 50;
const REFRESH_MS = 1_000;
const ascii = (text) => new TextEncoder().encode(text);

export class Queues {
  constructor() {
    this.visible = false;
    $("queue-form").addEventListener("submit", (event) => { event.preventDefault(); this.look(); });
    $("push-form").addEventListener("submit", (event) => { event.preventDefault(); this.push(event.submitter?.value ?? "left"); });
    $("pop-form").addEventListener("submit", (event) => { event.preventDefault(); this.pop(event.submitter?.value ?? "right"); });
    setInterval(() => { if (this.visible && !document.hidden) this.look(); }, REFRESH_MS);
  }

  setVisible(visible) {
    this.visible = visible;
    if (visible) this.look();
  }

  key() {
    return bytesOf($("queue-key").value);
  }

  async look() {
    try {
      const length = await api.command([ascii("LLEN"), this.key()]);
      const first = await api.command([ascii("LRANGE"), this.key(), ascii("0"), ascii(String(LOOK - 1))]);
      $("queue-length").textContent = length === 0 ? "Empty: a list without elements does not exist." : `${count(length)} waiting${length > LOOK ? `, the first ${LOOK} from the left shown` : ", from the left"}`;
      $("queue-length").dataset.bad = "false";
      $("queue-items").replaceChildren(...first.map((bytes) => {
        const item = document.createElement("li");
        item.textContent = show(bytes);
        return item;
      }));
    } catch (error) {
      $("queue-length").textContent = error.message;
      $("queue-length").dataset.bad = "true";
      $("queue-items").replaceChildren();
    }
  }

  async push(end) {
    const values = $("push-values").value.split("\n").filter((line) => line !== "").map(bytesOf);
    if (values.length === 0) return;
    const pushed = await this.act(async () => `Pushed ${end}: ${count((await api.push(this.key(), values, end)).length)} waiting now.`);
    if (pushed) $("push-values").value = "";
  }

  async pop(end) {
    await this.act(async () => {
      const values = await api.pop(this.key(), Number($("pop-count").value), end);
      return values.length === 0 ? "Nothing to pop." : `Popped ${end}: ${values.map(show).join(", ")}`;
    });
  }

  async act(what) {
    let text, bad = false;
    try { text = await what(); } catch (error) { text = error.message; bad = true; }
    $("queue-message").textContent = text;
    $("queue-message").dataset.bad = String(bad);
    await this.look();
    return !bad;
  }
}
