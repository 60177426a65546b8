// The strips that say what waits, what was refused, and what asks again; and the banner of an emergency.

import { moment } from "../clock.js";
import { element } from "../element.js";
import { note, text } from "../text.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

const strip = (style, picture, title, then, key) =>
  element("a", { class: `strip arrives ${style}`, href: "#/outbox", "data-act": `open-${key}`, "data-key": key }, icon(picture), element("span", {}, element("strong", {}, note(title)), then), icon("forward", "small"));

/** What this phone holds and the server does not. */
export function strips({ waiting, refused, asking }) {
  return [
    refused > 0 && strip("refused", "warning", word("common.refused_strip", { count: refused }), word("outbox.why"), "refused"),
    asking > 0 && strip("refused", "waiting", word("common.asking_strip", { count: asking }), word("common.show"), "asking"),
    waiting > 0 && strip("", "waiting", word("common.waiting_strip", { count: waiting }), word("common.waiting_strip_then"), "waiting"),
  ];
}

/** 緊急のお知らせ: what and when, who and when, one white button. */
export function emergencyBanner(line) {
  const [first, ...rest] = line.point?.length > 0 ? [line.title, ...line.point] : [line.title];
  return element(
    "section",
    { class: "emergency-banner", "data-key": `emergency-${line.id}`, "aria-label": word("home.emergency") },
    icon("warning", "warning"),
    element(
      "div",
      {},
      element("h2", {}, word("home.emergency")),
      element("p", { class: "what" }, text(first)),
      rest.map((words) => element("p", {}, text(words))),
      element("p", {}, note(word("home.emergency_from", { name: line.from, time: moment(line.at) }))),
      element("a", { class: "button wide", href: `#/notice/${line.id}`, "data-act": "open-emergency" }, word("home.emergency_more"), icon("forward")),
    ),
  );
}
