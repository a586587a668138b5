// The page: starts its parts, keeps the lamps and the alert true, and lets the tabs be used by keyboard.

import * as api from "./api.js";
import { Console } from "./console.js";
import { EnginePage } from "./engine.js";
import { Keys } from "./keys.js";
import { Queues } from "./queues.js";
import { QuotePage } from "./quote.js";
import { Race } from "./race.js";
import { count } from "./text.js";
import { TreePicture } from "./tree.js";

const $ = (id) => document.getElementById(id);
const STATS_MS = 1_000;

function theme(race) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.theme = localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light");
    race.chart.redraw();
  };
  dark.addEventListener("change", apply);
  $("theme").addEventListener("click", () => {
    localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    apply();
  });
  apply();
}

/** Tabs as their pattern has it: one is in the tab order, arrows, Home and End move. */
function tabs(parts) {
  const all = [...document.querySelectorAll("[role=tab]")];
  const choose = (tab, focus) => {
    for (const other of all) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      $(other.getAttribute("aria-controls")).hidden = !chosen;
      parts[other.id.slice(4)]?.setVisible?.(chosen);
    }
    if (focus) tab.focus();
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    history.replaceState(null, "", `#${tab.id.slice(4)}`);
  };
  all.forEach((tab, i) => {
    tab.addEventListener("click", () => choose(tab, false));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: (i + 1) % all.length, ArrowLeft: (i + all.length - 1) % all.length, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(all[to], true);
    });
  });
  const asked = all.find((tab) => tab.id === `tab-${location.hash.slice(1)}`);
  if (asked) choose(asked, false);
  return (name) => choose($(`tab-${name}`), true);
}

function lamp(id, state, text) {
  $(id).dataset.state = state;
  $(id).querySelector(".text").textContent = text;
}

function alert(text) {
  if ($("alert").textContent !== text) $("alert").textContent = text;
  $("alert").hidden = text === "";
}

const refuses = (engine) => /NOAUTH|WRONGPASS/.test(engine.error ?? "");

/** What is wrong with the engine, in a sentence. */
function away(engine) {
  if (refuses(engine)) return `The engine at ${engine.address} wants a password that this bridge does not have; start heapwood bridge with --requirepass-file.`;
  const reason = (engine.error ?? "").replace(/^the engine does not answer: /, "").replace(/ \(os error \d+\)/, "");
  return `The engine at ${engine.address} does not answer${reason === "" ? "" : `: ${reason.replace(`cannot connect to ${engine.address}: `, "")}`}.`;
}

function building(market, connected) {
  // Without an engine there is nothing to wait for here; the alert says so.
  const busy = market.state === "building" || (market.state === "loading" && connected);
  $("building").hidden = !busy;
  if (!busy) return;
  const part = market.total > 0 ? `: ${count(market.done)} of ${count(market.total)}` : "";
  $("building-text").textContent = (market.message ?? (market.state === "building" ? "Building the disk-bound database" : "Loading the quotes into memory")) + part;
  $("building-bar").max = market.total || 1;
  $("building-bar").value = market.done;
}

async function watch(page, quotes) {
  try {
    if (!document.hidden) {
      const figures = await api.stats();
      const { engine, market } = figures;
      lamp("lamp-engine", engine.connected ? "good" : "bad", engine.connected ? `engine: ${count(engine.keys)} keys` : refuses(engine) ? "engine: no password" : "engine does not answer");
      lamp("lamp-market", { ready: "good", failed: "bad" }[market.state] ?? "wait", `market: ${market.state}`);
      alert(!engine.connected ? `${away(engine)} This page goes on asking; memory and cache-aside come back with it.` : market.state === "failed" ? `The disk-bound database is not available: ${market.message}` : "");
      building(market, engine.connected);
      page.show(figures);
      if (market.state === "ready") quotes.ready();
      if (market.cold && !market.cold.available && market.state === "ready") $("cold-note").textContent = `Not available here: ${market.cold.reason}`;
    }
  } catch (error) {
    lamp("lamp-engine", "bad", "engine: unknown");
    lamp("lamp-market", "bad", "market: unknown");
    alert(error.message);
  }
  setTimeout(() => watch(page, quotes), STATS_MS);
}

const race = new Race();
theme(race);
let open;
const tree = new TreePicture();
const page = new EnginePage();
const quotes = new QuotePage();
const keys = new Keys((bytes) => { open("tree"); tree.around(bytes); });
open = tabs({ keys, tree, queues: new Queues(), engine: page, console: new Console() });
watch(page, quotes);
