// The three answers: none is coloured or larger to please.

import { element } from "../element.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

const MOODS = ["good", "fair", "talk"];

/** `chosen`: what was said today; `press(mood)`; `talkWord`: what the third answer is called where it leads to a telephone. */
export function answers({ chosen, press, talkWord }) {
  const answer = (mood, place) => {
    const words = mood === "talk" && talkWord ? talkWord : word(`terms.mood.${mood}`);
    const style = ["answer", mood !== "talk" && "ring", mood === chosen && "chosen"].filter(Boolean).join(" ");
    return element(
      "button",
      { class: style, type: "button", role: "radio", id: `mood-${mood}`, "data-act": `mood-${mood}`, "data-key": mood, "aria-checked": mood === chosen ? "true" : "false", "aria-label": word("home.answer_reader", { mood: words, number: place + 1 }), tabindex: mood === (chosen ?? "good") ? 0 : -1, onclick: () => press(mood), onkeydown: walk },
      icon(mood === chosen ? "tick" : mood),
      element("span", {}, words),
    );
  };
  return element("div", { class: "answers", role: "radiogroup", "aria-label": word("home.question") }, MOODS.map(answer));
}

/** Arrows walk among the answers, and choose nothing: a tap is said, not passed over. */
function walk(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.parentElement.children];
  const next = all[(all.indexOf(event.currentTarget) + step + all.length) % all.length];
  for (const one of all) one.tabIndex = one === next ? 0 : -1;
  next.focus();
}
