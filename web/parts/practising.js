// The quiet line that says 練習中, on every screen of the practice neighbourhood.

import { element } from "../element.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** Nothing where it is no practice. */
export function practising({ me, place }) {
  if (!me?.practice) return null;
  const words = [icon("beginner"), word("practice.banner")];
  const onTasks = place.screen === "practice";
  return element("aside", { class: "practising", "data-key": "practising", "aria-label": word("practice.title") }, onTasks ? words : element("a", { href: "#/practice", "data-act": "practice" }, words));
}
