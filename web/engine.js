// The engine's and the market's figures, and INFO as the engine gives it.

import * as api from "./api.js";
import { fact } from "./quote.js";
import { bytesInWords, count, duration } from "./text.js";

const $ = (id) => document.getElementById(id);
const INFO_MS = 2_000;

export class EnginePage {
  constructor() {
    this.visible = false;
    setInterval(() => { if (this.visible && !document.hidden) this.info(); }, INFO_MS);
  }

  setVisible(visible) {
    this.visible = visible;
    if (visible) this.info();
  }

  show({ engine, market, bridge }) {
    $("engine-facts").replaceChildren(
      fact("address", engine.address ?? "–"), fact("version", engine.version ?? "–"), fact("keys", count(engine.keys)), fact("clients", count(engine.clients)),
      fact("memory", bytesInWords(engine.memory_bytes)), fact("up for", duration(engine.uptime_s)), fact("commands", count(engine.commands_total)),
      fact("commands a second", count(engine.commands_per_second)), fact("log", bytesInWords(engine.log_bytes)), fact("fsync", engine.log_policy ?? "–"), fact("waits with", engine.poller ?? "–"),
      fact("HTTP requests", count(bridge.requests_total)), fact("HTTP refused for their rate", count(bridge.rate_limited_total)));
    $("market-facts").replaceChildren(
      fact("state", market.state), fact("price changes pushed", count(market.ticks_published)), fact("taken and stored", count(market.ticks_applied)),
      fact("waiting in the list", count(market.backlog)), fact("cold reads", market.cold?.available ? "available" : market.cold?.reason ?? "–"));
  }

  async info() {
    try {
      const bytes = await api.command([new TextEncoder().encode("INFO")]);
      $("engine-info").textContent = new TextDecoder().decode(bytes);
    } catch (error) {
      $("engine-info").textContent = error.message;
    }
  }
}
