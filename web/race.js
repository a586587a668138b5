// The race: asks for the figures twice a second, draws them, and sends what the controls say.

import * as api from "./api.js";
import { Chart } from "./chart.js";
import { count, latency } from "./text.js";
import { WAYS, markPicture, wayName } from "./ways.js";

const POLL_MS = 500;
/** What the sliders stand for; 0 is "as fast as it can". */
const RATES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 0];
const SYMBOLS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

const $ = (id) => document.getElementById(id);
const nearest = (steps, value) => {
  const far = (step) => (value === 0 || step === 0 ? (value === step ? 0 : Infinity) : Math.abs(Math.log(step / value)));
  return steps.reduce((best, step, i) => (far(step) < far(steps[best]) ? i : best), 0);
};

export class Race {
  constructor() {
    this.chart = new Chart($("chart"));
    this.sequence = 0;
    this.running = true;
    // What was chosen and not sent yet; what the bridge said before it knew does not move the controls.
    this.wanted = {};
    this.dragging = false;
    this.sending = false;
    this.settledAt = 0;
    this.cards = new Map(WAYS.map((way) => [way.via, card(way)]));
    this.bind();
    this.poll();
  }

  bind() {
    $("run").addEventListener("click", () => this.change({ running: !this.running }));
    for (const [id, steps, field] of [["rate", RATES, "rate"], ["symbols", SYMBOLS, "symbols"]]) {
      $(id).addEventListener("input", () => { this.dragging = true; this.label(); });
      $(id).addEventListener("change", () => { this.dragging = false; this.change({ [field]: steps[Number($(id).value)] }); });
    }
    for (const radio of document.getElementsByName("distribution")) {
      radio.addEventListener("change", () => this.change({ distribution: radio.value }));
    }
  }

  label() {
    const rate = RATES[Number($("rate").value)];
    const words = rate === 0 ? "as fast as it can" : String(rate);
    $("rate-out").textContent = words;
    $("rate").setAttribute("aria-valuetext", words);
    $("symbols-out").textContent = String(SYMBOLS[Number($("symbols").value)]);
    $("symbols").setAttribute("aria-valuetext", $("symbols-out").textContent);
  }

  /** Sends what was chosen, one request after the other, so that the last choice wins. */
  async change(what) {
    Object.assign(this.wanted, what);
    if (this.sending) return;
    this.sending = true;
    try {
      while (Object.keys(this.wanted).length > 0) {
        const next = this.wanted;
        this.wanted = {};
        const race = await api.setRace(next);
        if (!this.dragging && Object.keys(this.wanted).length === 0) this.controls(race);
      }
    } catch (error) {
      verdict(error.message);
    }
    this.sending = false;
    this.settledAt = performance.now();
  }

  async poll() {
    const askedAt = performance.now();
    try {
      if (!document.hidden) this.show(await api.race(this.sequence), askedAt);
    } catch (error) {
      this.fail(error);
    }
    setTimeout(() => this.poll(), POLL_MS);
  }

  fail(error) {
    verdict(error.message);
  }

  show(race, askedAt) {
    // A sequence that went back is a bridge that was started again: its samples are all new.
    if (race.sequence < this.sequence) this.sequence = 0;
    else this.sequence = race.sequence;
    if (!this.dragging && !this.sending && askedAt >= this.settledAt) this.controls(race);
    const now = race.now_ms ?? Date.now();
    this.chart.setNow(now);
    for (const way of race.ways) {
      this.chart.add(way.via, way.samples, now);
      this.fill(this.cards.get(way.via), way);
    }
    this.chart.redraw();
    verdict(race.verdict?.text ?? (race.running ? "Waiting for the first answers …" : "Paused."));
  }

  controls(race) {
    this.running = race.running;
    $("run").textContent = race.running ? "Pause" : "Run the race";
    $("run").setAttribute("aria-pressed", String(race.running));
    $("rate").value = String(nearest(RATES, race.controls.rate));
    $("symbols").value = String(nearest(SYMBOLS, race.controls.symbols));
    for (const radio of document.getElementsByName("distribution")) radio.checked = radio.value === race.controls.distribution;
    this.label();
  }

  fill(parts, way) {
    if (!parts) return;
    parts.root.dataset.off = String(!way.available);
    parts.big.textContent = latency(way.count > 0 ? way.p50_us : null);
    const some = way.count > 0;
    parts.p95.textContent = latency(some ? way.p95_us : null);
    parts.p99.textContent = latency(some ? way.p99_us : null);
    parts.rate.textContent = count(way.per_second) + " /s";
    parts.hits.textContent = way.via.startsWith("disk") ? "–" : `${count(way.hits)} / ${count(way.misses)}`;
    parts.errors.textContent = count(way.errors);
    parts.why.textContent = way.available ? "" : way.reason ?? `${wayName(way.via)} is not available`;
    parts.why.hidden = way.available;
  }
}

/** Says how the race stands; what comes after a semicolon stands below, and is as true. */
function verdict(text) {
  if ($("verdict").dataset.text === text) return;
  $("verdict").dataset.text = text;
  const end = text.indexOf("; ");
  if (end < 0) return $("verdict").replaceChildren(text);
  const also = document.createElement("span");
  also.className = "also";
  also.textContent = text.slice(end + 2);
  $("verdict").replaceChildren(text.slice(0, end), " ", also);
}

/** One way's card; returns the parts whose text changes. */
function card(way) {
  const root = document.createElement("article");
  root.className = "way";
  root.id = `way-${way.via}`;
  root.setAttribute("role", "listitem");
  root.style.setProperty("--series", `var(--${way.via})`);
  const title = document.createElement("h2");
  title.append(markPicture(way.mark), way.name);
  const line = document.createElement("div");
  line.className = "big";
  const big = document.createElement("span");
  const unit = document.createElement("small");
  unit.textContent = " median";
  line.append(big, unit);
  const list = document.createElement("dl");
  const parts = { root, big };
  for (const [name, words] of [["p95", "p95"], ["p99", "p99"], ["rate", "throughput"], ["hits", "hit / miss"], ["errors", "errors"]]) {
    const term = document.createElement("dt");
    term.textContent = words;
    parts[name] = document.createElement("dd");
    parts[name].textContent = "–";
    list.append(term, parts[name]);
  }
  parts.why = document.createElement("p");
  parts.why.className = "why";
  parts.why.hidden = true;
  big.textContent = "–";
  root.append(title, line, list, parts.why);
  $("ways").append(root);
  return parts;
}
