// Bytes as text, and figures in words. Keys and values are bytes: what is not UTF-8 is shown, and typed, as \xHH.

const strict = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

export function fromBase64(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function toBase64(bytes) {
  let plain = "";
  for (const byte of bytes) plain += String.fromCharCode(byte);
  return btoa(plain);
}

export const toBase64Url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

const hex = (byte) => "\\x" + byte.toString(16).padStart(2, "0");

/** Bytes as text that `bytesOf` turns back into the same bytes. */
export function show(bytes) {
  try {
    const text = strict.decode(bytes);
    // Control characters other than tab and line feed would not survive being looked at.
    return text.replaceAll("\\", "\\\\").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => hex(c.charCodeAt(0)));
  } catch {
    return Array.from(bytes, (b) => (b === 0x5c ? "\\\\" : b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : hex(b))).join("");
  }
}

/** The bytes that typed text stands for: UTF-8, with \xHH, \n, \r, \t and \\ understood. */
export function bytesOf(text) {
  const out = [];
  const pattern = /\\(x[0-9a-fA-F]{2}|[nrt\\])|([\s\S])/gu;
  const named = { n: 10, r: 13, t: 9, "\\": 92 };
  for (const [, escape, plain] of text.matchAll(pattern)) {
    if (plain !== undefined) out.push(...encoder.encode(plain));
    else out.push(escape[0] === "x" ? parseInt(escape.slice(1), 16) : named[escape]);
  }
  return Uint8Array.from(out);
}

export function compareBytes(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Splits a command line: words, or parts in double quotes (with escapes) or single quotes (as they are). */
export function words(line) {
  const out = [];
  let i = 0;
  while (i < line.length) {
    if (/\s/.test(line[i])) { i++; continue; }
    let raw = [];
    while (i < line.length && !/\s/.test(line[i])) {
      const quote = line[i];
      if (quote !== '"' && quote !== "'") {
        let word = "";
        while (i < line.length && !/[\s"']/.test(line[i])) word += line[i++];
        raw.push(...encoder.encode(word));
        continue;
      }
      let end = i + 1;
      while (end < line.length && line[end] !== quote) end += quote === '"' && line[end] === "\\" ? 2 : 1;
      if (end >= line.length) throw new Error(`a ${quote} is opened and not closed`);
      const inside = line.slice(i + 1, end);
      raw.push(...(quote === '"' ? bytesOf(inside.replaceAll('\\"', '"')) : encoder.encode(inside)));
      i = end + 1;
    }
    out.push(Uint8Array.from(raw));
  }
  return out;
}

const grouped = new Intl.NumberFormat("en");
export const count = (n) => (n === null || n === undefined ? "–" : grouped.format(Math.round(n)));

/** A latency of so many microseconds, in the unit a person would choose. */
export function latency(us) {
  if (us === null || us === undefined) return "–";
  if (us >= 999_500) return (us / 1e6).toFixed(2) + " s";
  if (us >= 99_950) return Math.round(us / 1e3) + " ms";
  if (us >= 999.5) return (us / 1e3).toPrecision(3) + " ms";
  return (us >= 99.5 ? Math.round(us) : us.toPrecision(2)) + " µs";
}

export function bytesInWords(n) {
  if (n === null || n === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit++; }
  return (unit === 0 ? n : n.toFixed(1)) + " " + units[unit];
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0) seconds = 0;
  if (seconds < 10) return seconds.toFixed(1) + " s";
  if (seconds < 120) return Math.floor(seconds) + " s";
  if (seconds < 7200) return Math.floor(seconds / 60) + " min";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h";
  return Math.floor(seconds / 86400) + " d";
}
