// The chart of latency: a mark a query, a line through each second's median, a logarithmic scale.

import { latency } from "./text.js";
import { WAYS, drawMark } from "./ways.js";

const SPAN_MS = 60_000;
/** Enough for a minute at the rates the page offers; beyond it the oldest marks go. */
const MAX_SAMPLES = 6_000;
/** A line does not cross a longer time without queries, such as a pause. */
const MAX_GAP_MS = 3_000;

export class Chart {
  constructor(canvas) {
    this.canvas = canvas;
    this.samples = new Map(WAYS.map((way) => [way.via, []]));
    this.nowMs = Date.now();
    this.pending = false;
    new ResizeObserver(() => this.redraw()).observe(canvas);
  }

  /** Adds samples [unix ms, latency in µs, hit] of one way; `nowMs` is the right edge, by the bridge's clock. */
  add(via, samples, nowMs) {
    const kept = this.samples.get(via);
    if (!kept) return;
    for (const sample of samples) kept.push(sample);
    this.nowMs = Math.max(this.nowMs, nowMs);
    const oldest = this.nowMs - SPAN_MS;
    let drop = Math.max(0, kept.length - MAX_SAMPLES);
    while (drop < kept.length && kept[drop][0] < oldest) drop++;
    kept.splice(0, drop);
  }

  /** Begins the time axis anew at `nowMs`: the bridge's clock need not be the browser's. */
  setNow(nowMs) {
    this.nowMs = nowMs;
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const box = this.canvas.getBoundingClientRect();
    if (box.width === 0) return;
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(box.width * scale);
    this.canvas.height = Math.round(box.height * scale);
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    const colour = (name) => this.colour(name);
    const area = { left: 58, right: box.width - 8, top: 8, bottom: box.height - 22 };
    const [low, high] = this.decades();
    const x = (ms) => area.right - ((this.nowMs - ms) / SPAN_MS) * (area.right - area.left);
    const y = (us) => area.bottom - ((Math.log10(Math.max(us, 0.1)) - low) / (high - low)) * (area.bottom - area.top);
    this.grid(pen, area, low, high, y, colour);
    for (const way of WAYS) this.series(pen, way, area, x, y, colour(way.via));
    this.describe();
  }

  /** What a named colour of the style sheet is now; only a computed `color` resolves light and dark. */
  colour(name) {
    this.canvas.style.color = `var(--${name})`;
    return getComputedStyle(this.canvas).color;
  }

  /** The powers of ten (of a microsecond) that frame everything shown; at least two apart. */
  decades() {
    let low = 1, high = 4;
    let least = Infinity, most = -Infinity;
    for (const kept of this.samples.values()) for (const [, us] of kept) { if (us < least) least = us; if (us > most) most = us; }
    if (least < Infinity) {
      low = Math.floor(Math.log10(Math.max(least, 0.1)));
      high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(most, 1))));
    }
    return [low, high];
  }

  grid(pen, area, low, high, y, colour) {
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = colour("soft");
    pen.strokeStyle = colour("line");
    pen.lineWidth = 1;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (let decade = low; decade <= high; decade++) {
      const at = Math.round(y(10 ** decade)) + 0.5;
      pen.beginPath();
      pen.moveTo(area.left, at);
      pen.lineTo(area.right, at);
      pen.stroke();
      pen.fillText(latency(10 ** decade).replace(".0 ", " ").replace(/\.00/, ""), area.left - 6, Math.min(Math.max(at, area.top + 2), area.bottom));
    }
    pen.textBaseline = "top";
    const every = area.right - area.left < 320 ? 30 : 15;
    for (let seconds = 0; seconds <= 60; seconds += every) {
      const at = area.right - (seconds / 60) * (area.right - area.left);
      pen.textAlign = seconds === 0 ? "right" : seconds === 60 ? "left" : "center";
      pen.fillText(seconds === 0 ? "now" : `−${seconds} s`, at, area.bottom + 6);
    }
  }

  series(pen, way, area, x, y, colour) {
    const kept = this.samples.get(way.via);
    pen.fillStyle = colour;
    // Many marks on one spot would hide how dense they are.
    pen.globalAlpha = kept.length > 1500 ? 0.25 : 0.5;
    const size = kept.length > 1500 ? 4 : 5.5;
    for (const [ms, us] of kept) {
      const at = x(ms);
      if (at >= area.left) drawMark(pen, way.mark, at, y(us), size);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.beginPath();
    let last = -Infinity;
    for (const [ms, us] of medians(kept)) {
      const at = x(ms);
      if (at < area.left) continue;
      if (ms - last <= MAX_GAP_MS) pen.lineTo(at, y(us));
      else pen.moveTo(at, y(us));
      last = ms;
    }
    pen.stroke();
  }

  describe() {
    const parts = [];
    for (const way of WAYS) {
      const kept = this.samples.get(way.via);
      if (kept.length > 0) parts.push(`${way.name} ${latency(median(kept.map(([, us]) => us)))}`);
    }
    const words = parts.length > 0 ? `medians of what is shown: ${parts.join(", ")}` : "no queries yet";
    this.canvas.setAttribute("aria-label", `Latency of each query over the last minute, logarithmic; ${words}`);
  }
}

function median(values) {
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}

/** For each second with samples: its middle in ms, and the median latency. */
function medians(samples) {
  const seconds = new Map();
  for (const [ms, us] of samples) {
    const second = Math.floor(ms / 1000);
    if (!seconds.has(second)) seconds.set(second, []);
    seconds.get(second).push(us);
  }
  return [...seconds].sort((a, b) => a[0] - b[0]).map(([second, values]) => [second * 1000 + 500, median(values)]);
}
