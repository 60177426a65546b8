// The three things to try, and which of them happened.

import { element } from "/web/element.js";
import { icon } from "/web/parts/icons.js";
import { note, text } from "/web/text.js";
import { word } from "/web/word.js";

const OFFICER = "aozora";

/** Nothing has been tried yet. */
export const begin = () => ({ done: [false, false, false], pressed: undefined, took: undefined, sent: false });

/** One of the two screens did something. */
export function heard(steps, { phone, what }) {
  if (what === "seen" && phone !== OFFICER) {
    steps.done[0] = true;
    steps.pressed ??= performance.now();
  }
  if (what === "sent" && phone === OFFICER) steps.sent = true;
}

/** A phone was told of something new. */
export function happened(steps, { phone, screens }, left) {
  if (phone === OFFICER && screens.includes("desk") && steps.pressed !== undefined && !steps.done[1]) {
    steps.done[1] = true;
    steps.took = (performance.now() - steps.pressed) / 1000;
  }
  if (phone === left && screens.includes("notices") && steps.sent) steps.done[2] = true;
}

/** The three, the next of them marked. */
export function stepList(steps, actions) {
  const next = steps.done.indexOf(false);
  const all = [
    [word("stage.step1"), word("stage.step1_hint")],
    [word("stage.step2"), steps.took === undefined ? word("stage.step2_hint") : word("stage.step2_took", { seconds: steps.took.toFixed(1) })],
    [word("stage.step3"), word("stage.step3_hint")],
  ];
  const line = ([title, hint], place) => {
    const done = steps.done[place];
    return element(
      "li",
      { class: ["step", done && "done", place === next && "now"].filter(Boolean).join(" "), id: `step-${place + 1}`, "data-done": done ? "true" : "false", "data-key": `step-${place + 1}`, "aria-current": place === next ? "step" : null },
      element("span", { class: "number", "aria-hidden": "true" }, done ? icon("tick") : String(place + 1)),
      element("div", {}, element("h3", { "aria-label": word("stage.step_reader", { number: place + 1, title }) }, text(title)), element("p", { class: "note" }, done && element("strong", {}, word("stage.step_done"), " "), note(hint))),
    );
  };
  return element(
    "section",
    { class: "steps-box", "data-key": "steps", "aria-labelledby": "steps-title" },
    element("h2", { id: "steps-title" }, word("stage.steps")),
    element("ol", { class: "step-list" }, all.map(line)),
    next === -1 && element("p", { class: "all-done", role: "status" }, word("stage.steps_done"), " ", element("button", { class: "link", type: "button", id: "steps-again", "data-act": "steps-again", onclick: actions.again }, word("stage.steps_again"))),
  );
}
