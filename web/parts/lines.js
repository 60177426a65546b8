// A notice in a list: the point first, then its subject, and beside it the seal's slot.

import { date } from "../clock.js";
import { element, heard } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { seal } from "./seal.js";

/** The whole line is one link. `found`: the pieces a search lit. `dated`: in the archive. */
export function noticeLine(line, { dated = false, found, household = "" } = {}) {
  const point = line.point ?? [];
  const state = slotState(line);
  const style = ["sheet", "flush", "notice-line", line.kind, line.withdrawn && "withdrawn"].filter(Boolean).join(" ");
  const title = found ? lit(found.title) : text(line.title);
  const subject = point.length > 0 ? element("p", { class: "subject" }, title) : element("p", { class: "point" }, title);
  return element(
    "li",
    { "data-key": line.id },
    element(
      "a",
      { class: style, href: `#/notice/${line.id}`, "data-act": "open-notice", "data-notice": line.id },
      heard(sentence(line, state)),
      element(
        "div",
        { class: "text", "aria-hidden": "true" },
        line.kind === "emergency" && element("p", { class: "kind" }, word("home.emergency")),
        point.length > 0 && element("p", { class: "point" }, point.map((words, place) => [place > 0 && element("br"), text(words)])),
        subject,
        found?.excerpt?.length > 0 && element("p", { class: "note" }, lit(found.excerpt)),
        (dated || line.withdrawn || line.corrected) &&
          element("p", { class: "note" }, dated && date(line.at), line.withdrawn && [" ", tag("archive.withdrawn")], !line.withdrawn && line.corrected && [" ", tag("archive.corrected")]),
      ),
      slot(line, state, household),
    ),
  );
}

const tag = (name) => element("span", { class: "tag quiet" }, word(name));
const lit = (pieces) => pieces.map((piece) => (piece.hit ? element("mark", {}, piece.text) : text(piece.text)));

function slotState(line) {
  if (line.waiting && line.stage === "acknowledged") return "waiting";
  if (line.stage === "acknowledged") return "acknowledged";
  return line.unread ? "not_yet" : "opened";
}

const STATES = {
  waiting: () => word("home.line_waiting_reader"),
  acknowledged: () => word("home.line_seen_reader"),
  opened: () => word("terms.stage.displayed"),
  not_yet: () => word("home.line_unread_reader"),
};

function slot(line, state, household) {
  const sealed = line.kind !== "notice";
  if (!sealed || state === "opened") {
    const words = state === "opened" ? word("terms.stage.displayed") : word("notice.seal_not_yet");
    return element("div", { class: "slot", "aria-hidden": "true" }, element("span", {}, words));
  }
  if (state === "not_yet") {
    return element("div", { class: "slot", "aria-hidden": "true" }, seal({ state: "not_yet", size: 48 }), element("span", { class: "short" }, word("notice.seal_not_yet")), element("span", { class: "long" }, word("home.line_unread_reader")));
  }
  const drawn = seal({ state, name: household, size: 54, turn: line.seal_turn ?? 0 });
  return element("div", { class: "slot", "aria-hidden": "true" }, drawn, state === "waiting" && element("span", {}, word("notice.seal_waiting")), state === "acknowledged" && element("span", { class: "long" }, word("home.line_seen_reader")));
}

/** The line as a reader of screens says it. */
export function sentence(line, state = slotState(line)) {
  const point = (line.point ?? []).join(" ");
  const state_words = STATES[state]();
  if (point === "") return word("home.line_plain_reader", { title: line.title, state: state_words });
  return word("home.line_reader", { point, title: line.title, state: state_words });
}

/** A list of lines. */
export const noticeList = (lines, options) => element("ul", { class: "stack tight", role: "list" }, lines.map((line) => noticeLine(line, options)));
