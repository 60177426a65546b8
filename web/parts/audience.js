// To whom it goes, as a tree of checkboxes; the facade says what a tap means.

import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** `tap(group)`: a row was pressed. */
export function audienceTree({ rows }, tap) {
  return element("ul", { class: "sheet flush audience", role: "tree", "aria-label": word("send.audience_question"), "aria-multiselectable": "true", "data-key": "audience" }, rows.map((row, place) => line(row, place, rows, tap)));
}

function line({ group, name, depth, households, app, paper, state }, place, rows, tap) {
  const checked = { whole: "true", partly: "mixed", none: "false" }[state];
  const whole = depth === 0;
  const last = !whole && (rows[place + 1]?.depth ?? 0) < depth;
  const reader = word("send.row_reader", { name, homes: households, app, paper });
  const homes = text(word("send.homes", { count: households }));
  return element(
    "li",
    { class: ["audience-row", whole && "whole-row", last && "last", `depth-${Math.min(depth, 4)}`].filter(Boolean).join(" "), role: "treeitem", "aria-level": depth + 1, "aria-checked": checked, "aria-label": reader, tabindex: place === 0 ? 0 : -1, "data-key": group, "data-act": "tick", "data-group": group, onclick: () => tap(group), onkeydown: (event) => walk(event, () => tap(group)) },
    element("span", { class: `box ${state}` }, state === "whole" && icon("tick"), state === "partly" && element("span", { class: "dash" })),
    element("span", { class: "name" }, text(whole ? word("send.whole", { name }) : name)),
    element("span", { class: "homes" }, homes),
    !whole && element("span", { class: "split" }, text(word("send.app_paper", { app, paper }))),
  );
}

function walk(event, tap) {
  const row = event.currentTarget;
  const to = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: row.parentElement.firstElementChild, End: row.parentElement.lastElementChild }[event.key];
  if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    tap();
  } else if (to) {
    event.preventDefault();
    row.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}
