// The seal 印, drawn in a box of 64: round is the app, square is paper or proxy, dashed is not yet.

import { element } from "../element.js";
import { word } from "../word.js";

const AROUND = 2 * Math.PI * 28.5;
/** Two small gaps, as an inked seal leaves them: at 63 % and 86 % of the ring. */
const CLOSED = [0.63 * AROUND - 1.1, 2.2, 0.23 * AROUND - 1.6, 1.6, 0.14 * AROUND].map((length) => length.toFixed(2)).join(" ");
const PRESSED_DASHES = `6.4 ${(AROUND / 16 - 6.4).toFixed(3)}`;
const EMPTY_DASHES = `4 ${(AROUND / 26 - 4).toFixed(3)}`;

/**
 * A seal of `size`. `state`: not_yet, waiting, acknowledged, proxy, handed, paper. `name`: whose letters stand in it; without
 * one an empty ring shows 「印」. `turn`: degrees, fixed by the notice. `reader`: what it is called; without, it is silent.
 */
export function seal({ state, name = "", size = 54, turn = 0, reader, pressing = false, faint = false }) {
  const square = state === "proxy" || state === "handed" || state === "paper";
  const style = ["seal", state, square && "square", pressing && "pressing"].filter(Boolean).join(" ");
  const shown = name === "" || (state === "not_yet" && !faint) ? word("notice.seal_mark") : name;
  const drawn = element(
    "svg",
    { class: style, width: size, height: size, viewBox: "0 0 64 64", role: reader && "img", "aria-label": reader, "aria-hidden": reader ? null : "true" },
    element("g", { transform: square || state === "not_yet" ? null : `rotate(${turn} 32 32)` }, outline(state, square), ...letters(shown, square, state)),
    square && corner(state),
  );
  return drawn;
}

function outline(state, square) {
  if (square) return element("rect", { class: "outline", x: 3.5, y: 3.5, width: 57, height: 57, rx: 5, "stroke-dasharray": state === "paper" ? "4 3.2" : null });
  const dashes = { acknowledged: CLOSED, waiting: PRESSED_DASHES }[state] ?? EMPTY_DASHES;
  return element("circle", { class: "outline", cx: 32, cy: 32, r: 28.5, transform: "rotate(40 32 32)", "stroke-dasharray": dashes });
}

function letters(name, square, state) {
  const given = initials(name);
  const low = square ? -3 : 0;
  if (state === "not_yet" && given.length === 1) return [letter(given[0], 32, 32, 25)];
  if (given.length === 1) return [letter(given[0], 32 + low, 32 + low, 33)];
  if (given.length === 2) return given.map((one, place) => letter(one, 32 + low, 20.5 + 23 * place + low, 23));
  if (given.length === 3) return given.map((one, place) => letter(one, 32 + low, 16 + 16 * place + low, 18, 0.88));
  // Two columns, read from the right.
  const tall = Math.ceil(given.length / 2);
  const size = tall > 2 ? 15 : 20;
  return given.slice(0, 6).map((one, place) => {
    const column = place < tall ? 1 : 0;
    const line = place % tall;
    return letter(one, 22 + 20 * column + low, 32 + (line - (tall - 1) / 2) * size + low, size);
  });
}

/** Latin names are shown by their initials. */
function initials(name) {
  const plain = name.replace(/[\s　]+/g, " ").trim();
  if (/^[\p{Script=Latin}\s.'-]+$/u.test(plain)) return [plain.split(" ").map((part) => part[0].toUpperCase()).join("").slice(0, 2)];
  return [...new Intl.Segmenter("ja").segment(plain.split(" ")[0])].map(({ segment }) => segment);
}

const letter = (text, x, y, size, height = 1) =>
  element("text", { class: "letter", "text-anchor": "middle", "font-size": size, transform: `translate(${x} ${y}) scale(1 ${height})`, y: size * 0.375 }, text);

function corner(state) {
  const mark = word(state === "proxy" ? "desk.mark_proxy" : "desk.mark_paper");
  return element(
    "g",
    { class: "corner" },
    element("rect", { x: 40, y: 40, width: 24, height: 24, rx: 4 }),
    element("text", { "text-anchor": "middle", x: 52, y: 58.6, "font-size": 18 }, mark),
  );
}

/** A seal without a name, of somebody in the block. */
export function nameless(kind) {
  const shape = kind === "square" ? element("rect", { x: 1.5, y: 1.5, width: 21, height: 21, rx: 2.5 }) : element("circle", { cx: 12, cy: 12, r: 11, "stroke-dasharray": kind === "hollow" ? "2.9 2.86" : null });
  return element("svg", { class: `nameless ${kind}`, width: 24, height: 24, viewBox: "0 0 24 24", "aria-hidden": "true" }, shape);
}
