// 「確認 62%」 with what it was before, always with how many of how many.

import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";

/** The large figure of one circular; nothing before the server counted. */
export function figure(given) {
  if (!given) return element("p", { class: "note" }, word("desk.counting"));
  const { percent } = given;
  return element(
    "p",
    { class: "figure" },
    element("span", { class: "heard" }, spoken(given)),
    element("span", { "aria-hidden": "true" }, word("desk.confirmed"), " ", element("strong", {}, String(percent)), word("desk.percent_sign")),
    change(given.change),
  );
}

/** The same in a line of the list. */
export function smallFigure(given) {
  if (!given) return element("span", {}, word("desk.counting"));
  return element("span", {}, word("desk.confirmed"), " ", element("strong", {}, word("desk.percent", { percent: given.percent })), given.change !== null && element("span", { class: "whole" }, word("desk.trend_brackets", { trend: trend(given.change) })));
}

export const spoken = (given) => word("desk.figure_reader", { percent: given.percent, homes: given.households, count: given.acknowledged });

function trend(change) {
  if (change === 0) return word("desk.trend_same");
  return word(change > 0 ? "desk.trend_up" : "desk.trend_down", { points: Math.abs(change) });
}

function change(points) {
  if (points === null || points === undefined) return null;
  const triangle = points === 0 ? null : element("svg", { class: "triangle", viewBox: "0 0 12 12", "aria-hidden": "true" }, element("path", { d: points > 0 ? "M6 1 11.5 11H.5z" : "M6 11 .5 1h11z" }));
  return element("span", { class: "trend" }, triangle, text(trend(points)));
}

/** The last eight circulars: 84 × 44, the last a dot, no axis. It is decoration: the sentence says it. */
export function sparkline(values) {
  if (!values || values.length < 2) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map((value, place) => [3 + (76 * place) / (values.length - 1), 34 - (26 * (value - low)) / span]);
  const [x, y] = points.at(-1);
  return element("svg", { class: "sparkline", width: 84, height: 44, viewBox: "0 0 84 44", "aria-hidden": "true" }, element("line", { x1: 0, y1: 41, x2: 84, y2: 41 }), element("polyline", { points: points.map((point) => point.map((at) => at.toFixed(1)).join(",")).join(" ") }), element("circle", { cx: x, cy: y, r: 4.5 }));
}
