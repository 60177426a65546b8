// The thirty letters an invitation is written in, in the order 2–9, A–Z without I, L, O, U; and the slots they fill.

import { element } from "../element.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

const LETTERS = [..."23456789ABCDEFGHJKMNPQRSTVWXYZ"];

/** What a keyboard, a paste or a full-width key gives, as the sheet has it; other letters are no letters. */
export const letters = (typed) => [...typed.normalize("NFKC").toUpperCase()].filter((letter) => LETTERS.includes(letter)).join("");

/** `length` slots, `columns` to a line; the next one has the ring. */
export function slots(filled, length, columns) {
  const slot = (_, place) => {
    const letter = filled[place];
    const given = { number: place + 1, letter };
    return element("li", { class: letter ? "place full" : place === filled.length ? "place next" : "place" }, element("span", { "aria-hidden": "true" }, letter ?? ""), element("span", { class: "heard" }, word(letter ? "join.slot_reader" : "join.slot_empty_reader", given)));
  };
  return element("ol", { class: "places", style: `--columns: ${columns}` }, Array.from({ length }, slot));
}

/** The keys; `press` takes a letter, `erase` takes the last one away. */
export function keys({ press, erase, full }) {
  const key = (letter) => element("button", { class: "key", type: "button", "data-act": `key-${letter}`, disabled: full, onclick: () => press(letter) }, letter);
  return element(
    "div",
    { class: "keys", role: "region", "aria-label": word("join.keys_reader"), "data-key": "keys" },
    element("div", { class: "keys-grid" }, LETTERS.map(key), element("button", { class: "key erase", type: "button", id: "erase", "data-act": "erase", onclick: erase }, icon("cross"), word("join.secret_erase"))),
  );
}
