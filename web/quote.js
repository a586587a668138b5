// The price page: one symbol asked all four ways, its history and its last 30 days.

import * as api from "./api.js";
import { count, latency } from "./text.js";
import { WAYS } from "./ways.js";

const $ = (id) => document.getElementById(id);
const HISTORY_DAYS = 250;

export class QuotePage {
  constructor() {
    this.known = false;
    $("quote-form").addEventListener("submit", (event) => { event.preventDefault(); this.ask(); });
  }

  /** Fills the list of symbols once the market knows them. */
  async ready() {
    if (this.known) return;
    this.known = true;
    try {
      const symbols = await api.symbols();
      $("symbol-list").replaceChildren(...symbols.map(({ symbol }) => new Option(symbol, symbol)));
      if ($("quote-symbol").value === "" && symbols.length > 0) $("quote-symbol").value = symbols[0].symbol;
      await this.ask();
    } catch {
      this.known = false;
    }
  }

  async ask() {
    const symbol = $("quote-symbol").value.trim().toUpperCase();
    if (symbol === "") return;
    this.say("");
    const rows = [];
    for (const way of WAYS) {
      try {
        rows.push([way.name, await api.quote(symbol, way.via)]);
      } catch (error) {
        if (error.status === 404 || error.status === 400) return this.say(error.message, true);
        rows.push([way.name, error]);
      }
    }
    this.table(rows);
    await this.past(symbol);
  }

  table(rows) {
    $("quote-table").tBodies[0].replaceChildren(...rows.map(([name, answer]) => {
      const row = document.createElement("tr");
      const failed = answer instanceof Error;
      const from = failed ? answer.message : answer.hit === null ? "disk" : answer.hit ? "memory (hit)" : "disk (miss), now cached";
      const cells = [name, failed ? "–" : answer.price.toFixed(2), failed ? "–" : latency(answer.latency_us), from];
      cells.forEach((text, i) => {
        const cell = document.createElement(i === 0 ? "th" : "td");
        if (i === 0) cell.scope = "row";
        if (i === 1 || i === 2) cell.className = "num";
        cell.textContent = text;
        row.append(cell);
      });
      return row;
    }));
    $("quote-table").hidden = false;
  }

  async past(symbol) {
    try {
      const [history, statistics] = await Promise.all([api.history(symbol, HISTORY_DAYS), api.statistics(symbol)]);
      this.line(symbol, history.bars);
      this.facts(statistics);
    } catch (error) {
      this.say(error.message, true);
    }
  }

  line(symbol, bars) {
    const ordered = [...bars].sort((a, b) => (a.date < b.date ? -1 : 1));
    $("history").hidden = ordered.length < 2;
    if (ordered.length < 2) return;
    const closes = ordered.map((bar) => bar.close);
    const low = Math.min(...closes), high = Math.max(...closes);
    const spread = high - low || 1;
    const points = closes.map((close, i) => `${((i / (closes.length - 1)) * 1000).toFixed(1)} ${(150 - ((close - low) / spread) * 140).toFixed(1)}`);
    const svg = $("history-line");
    svg.setAttribute("viewBox", "0 0 1000 160");
    svg.setAttribute("preserveAspectRatio", "none");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M" + points.join("L"));
    svg.replaceChildren(path);
    svg.setAttribute("aria-label", `Closing prices of ${symbol}: from ${closes[0].toFixed(2)} to ${closes.at(-1).toFixed(2)}`);
    $("history-text").textContent = `${symbol}, ${count(ordered.length)} trading days from ${ordered[0].date} to ${ordered.at(-1).date}: lowest close ${low.toFixed(2)}, highest ${high.toFixed(2)}. Invented prices.`;
  }

  facts(statistics) {
    const title = (name) => name.replaceAll("_", " ").replace(/ percent$/, " %").replace(/ us$/, " µs");
    const figures = Object.entries(statistics).filter(([name]) => name !== "symbol" && name !== "via");
    $("statistics").replaceChildren(...figures.map(([name, value]) => fact(title(name), figure(value))));
  }

  say(text, bad = false) {
    $("quote-message").textContent = text;
    $("quote-message").dataset.bad = String(bad);
  }
}

/** Whole, or large, without decimals; else with two. */
function figure(value) {
  if (typeof value !== "number") return String(value ?? "–");
  return Number.isInteger(value) || Math.abs(value) >= 10_000 ? count(value) : value.toFixed(2);
}

/** A figure with its name, for lists of facts. */
export function fact(name, value) {
  const box = document.createElement("div");
  const term = document.createElement("dt");
  const figure = document.createElement("dd");
  term.textContent = name;
  figure.textContent = value;
  box.append(term, figure);
  return box;
}
