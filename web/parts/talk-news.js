// How far one's own request for a talk is.

import { moment } from "../clock.js";
import { element } from "../element.js";
import { note } from "../text.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** Who looked, who took it on, and where to telephone once it took too long. */
export function talkNews({ state, by, reached, due, number, waiting }) {
  const news = waiting
    ? word("home.talk_waiting")
    : { asked: () => word("home.talk_asked"), seen: () => word("home.talk_seen", { name: by }), taken: () => word("home.talk_taken", { name: by }), closed: () => word("home.talk_closed") }[state]?.() ?? word("terms.news_state.other");
  const open = !waiting && (state === "asked" || state === "seen");
  return element(
    "div",
    { class: "talk-news", role: "status", "data-key": "talk" },
    icon("people"),
    element(
      "div",
      {},
      element("p", { class: "strong" }, note(news)),
      open && reached === "chair" && element("p", { class: "note" }, word("home.talk_chair")),
      open && due && element("p", { class: "note" }, note(word("home.talk_due", { time: moment(due) }))),
      open && number && [element("p", { class: "note" }, note(word("home.talk_number"))), element("a", { class: "button wide", href: `tel:${number.telephone.replace(/[^\d+]/g, "")}`, "data-act": "call-support" }, icon("call"), word("home.call_number", { telephone: number.telephone }))],
    ),
  );
}
