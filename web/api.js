// The one place that speaks HTTP. Keys, values and arguments travel as base64, so that any bytes survive.

import { fromBase64, toBase64, toBase64Url } from "./text.js";

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function request(method, path, body) {
  const options = { method, cache: "no-store", headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError(0, "UNREACHABLE", "The bridge behind this page does not answer. Is heapwood still running?");
  }
  const text = await response.text();
  let json = null;
  if (text !== "") {
    try { json = JSON.parse(text); } catch { json = null; }
  }
  if (!response.ok) {
    const error = json?.error ?? {};
    throw new ApiError(response.status, error.code ?? "HTTP", error.message ?? `HTTP status ${response.status}`);
  }
  return json;
}

export const race = (since) => request("GET", `/api/race?since=${since}`);
export const setRace = (change) => request("PUT", "/api/race", change);
export const stats = () => request("GET", "/api/stats");
export const symbols = () => request("GET", "/api/symbols");
export const quote = (symbol, via) => request("GET", `/api/quotes/${encodeURIComponent(symbol)}?via=${via}`);
export const history = (symbol, days) => request("GET", `/api/history/${encodeURIComponent(symbol)}?days=${days}`);
export const statistics = (symbol) => request("GET", `/api/statistics/${encodeURIComponent(symbol)}`);

export async function keys(prefix, after, limit) {
  const query = new URLSearchParams({ encoding: "base64", prefix: toBase64(prefix), limit: String(limit) });
  if (after !== null) query.set("after", after);
  const page = await request("GET", `/api/keys?${query}`);
  for (const entry of page.keys) entry.bytes = fromBase64(entry.key);
  return page;
}

const keyPath = (bytes) => `/api/keys/${toBase64Url(bytes)}?encoding=base64`;

export async function key(bytes) {
  const entry = await request("GET", keyPath(bytes));
  entry.value = Array.isArray(entry.value) ? entry.value.map(fromBase64) : fromBase64(entry.value);
  return entry;
}

export const putKey = (bytes, value, ttlMs) => request("PUT", keyPath(bytes), ttlMs === null ? { value: toBase64(value) } : { value: toBase64(value), ttl_ms: ttlMs });
export const deleteKey = (bytes) => request("DELETE", keyPath(bytes));

const listPath = (bytes, verb) => `/api/lists/${toBase64Url(bytes)}/${verb}?encoding=base64`;
export const push = (bytes, values, end) => request("POST", listPath(bytes, "push"), { values: values.map(toBase64), end });
export async function pop(bytes, count, end) {
  return (await request("POST", listPath(bytes, "pop"), { count, end })).values.map(fromBase64);
}

/** Sends one command; byte strings of the reply come back as Uint8Array, maps as objects. */
export async function command(args) {
  const { reply } = await request("POST", "/api/command?encoding=base64", { command: args.map(toBase64) });
  return decode(reply);
}

function decode(value) {
  if (typeof value === "string") return fromBase64(value);
  if (Array.isArray(value)) return value.map(decode);
  if (value !== null && typeof value === "object" && !("error" in value)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [new TextDecoder().decode(fromBase64(name)), decode(part)]));
  }
  return value;
}
