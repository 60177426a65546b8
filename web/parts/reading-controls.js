// 読み上げる, and while it reads: 前の文, 止める, ゆっくり, and how far it is.

import { element } from "../element.js";
import { reading } from "../reading.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** `beside`: the big answer stands beside, so the button is narrow with its icon above. */
export function readingControls(here, texts, { beside }) {
  if (texts.length === 0) return null;
  if (!reading.on) {
    const start = () => {
      reading.start(texts, here.redraw);
      here.did("read-aloud");
      if (here.me.practice) here.call("practice_did", { task: "read_aloud" });
    };
    const button = element("button", { class: beside ? "aloud" : "wide aloud-row", type: "button", id: "read-aloud", "data-act": "read-aloud", "data-key": "read-aloud", onclick: start }, icon("speaker"), element("span", {}, word("notice.read_aloud")));
    return [reading.silent && element("p", { class: "note silent", role: "status", "data-key": "silent" }, word("notice.no_voice")), button];
  }
  const place = { number: reading.number + 1, count: texts.length };
  return element(
    "div",
    { class: "reading", "data-key": "reading" },
    element("p", { class: "reading-place" }, icon("speaker"), element("span", {}, word("notice.reading")), element("strong", { class: "whole", "aria-label": word("notice.reading_place_reader", place), role: "img" }, word("notice.reading_place", place))),
    element(
      "div",
      { class: "reading-buttons" },
      element("button", { class: "small", type: "button", "data-act": "previous-sentence", onclick: () => reading.previous() }, icon("previous"), word("notice.previous")),
      element("button", { class: "filled plain", type: "button", "data-act": "stop-reading", onclick: () => reading.stop() }, icon("pause"), word("notice.stop")),
      element("button", { class: "small", type: "button", "data-act": "slower", "aria-pressed": reading.slow ? "true" : "false", onclick: () => reading.slower() }, word("notice.slow")),
    ),
  );
}
