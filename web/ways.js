// The four ways a price is asked for: names, and the mark each is drawn with, so that colour is never the only sign.

const SVG = "http://www.w3.org/2000/svg";

export const WAYS = [
  { via: "disk-cold", name: "Cold disk", mark: "square" },
  { via: "disk-warm", name: "Warm disk", mark: "triangle" },
  { via: "cache-aside", name: "Cache-aside", mark: "diamond" },
  { via: "memory", name: "Memory", mark: "circle" },
];

export const wayName = (via) => WAYS.find((way) => way.via === via)?.name ?? via;

const PATHS = {
  circle: "M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10z",
  square: "M1.5 1.5h9v9h-9z",
  triangle: "M6 .8l5.4 9.9H.6z",
  diamond: "M6 .3 11.7 6 6 11.7.3 6z",
};

/** The mark as a small SVG picture, coloured by the style sheet. */
export function markPicture(mark) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("width", "12");
  svg.setAttribute("height", "12");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[mark]);
  svg.append(path);
  return svg;
}

/** The same mark on a canvas, `size` pixels wide around (x, y). */
export function drawMark(canvas, mark, x, y, size) {
  const half = size / 2;
  canvas.beginPath();
  if (mark === "circle") canvas.arc(x, y, half, 0, 2 * Math.PI);
  else if (mark === "square") canvas.rect(x - half * 0.9, y - half * 0.9, size * 0.9, size * 0.9);
  else if (mark === "triangle") { canvas.moveTo(x, y - half); canvas.lineTo(x + half, y + half * 0.8); canvas.lineTo(x - half, y + half * 0.8); }
  else { canvas.moveTo(x, y - half); canvas.lineTo(x + half, y); canvas.lineTo(x, y + half); canvas.lineTo(x - half, y); }
  canvas.closePath();
  canvas.fill();
}
