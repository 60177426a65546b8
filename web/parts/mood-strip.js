// Thirty days of answers, oldest first, and what the marks mean.

import { element } from "../element.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

const MARKS = ["good", "fair", "talk", "none"];

/** `strip`: a mood or nothing for each of the thirty days. */
export function moodStrip({ strip }) {
  const mark = (mood) => element("span", { class: `day-mark ${mood}` }, mood === "none" ? "–" : icon(mood));
  const meaning = { good: word("terms.mood.good"), fair: word("terms.mood.fair"), talk: word("commissioner.strip_talk"), none: word("commissioner.strip_none") };
  const said = strip.map((mood) => mood ?? "none");
  const spoken = said.map((mood) => meaning[mood]).join(word("common.separator"));
  return element(
    "div",
    { class: "mood-strip" },
    element("p", { class: "note" }, word("commissioner.strip")),
    element("div", { class: "days", role: "img", "aria-label": `${word("commissioner.strip")}${word("common.separator")}${spoken}` }, said.map(mark)),
    element("p", { class: "note legend", "aria-hidden": "true" }, MARKS.map((mood) => element("span", {}, mark(mood), meaning[mood]))),
  );
}
