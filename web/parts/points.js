// The point list 要点: when, where, what to do, by when, in this order; an empty one is left out.

import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

const FOUR = [
  ["when", "clock", "notice.when"],
  ["place", "pin", "notice.place"],
  ["what", "todo", "notice.what"],
  ["by_when", "flag", "notice.by_when"],
];

/** `said(part)`: how a point's value is drawn, where it is read aloud; otherwise as it stands. */
export function pointList(points, said = (part) => text(points[part])) {
  const there = FOUR.filter(([part]) => points[part]);
  if (there.length === 0) return null;
  const row = ([part, picture, label]) => element("div", {}, element("dt", {}, icon(picture), word(label)), element("dd", {}, said(part)));
  return element("dl", { class: "points", "aria-label": word("notice.points") }, there.map(row));
}
