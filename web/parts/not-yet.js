// まだの世帯 and 紙でお届けの世帯 of one circular, by block.

import { element } from "../element.js";
import { note, text } from "../text.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** Who has not confirmed, and how far it got to each. */
export function unreadPanel({ blocks, unread_total: total }) {
  const open = blocks.filter(({ unread = [] }) => unread.length > 0);
  if (total === undefined) return null;
  const line = ({ id, name, unread }) => element("div", { "data-key": id }, element("dt", {}, text(name)), element("dd", {}, unread.map(home)));
  return element(
    "section",
    { class: "sheet stack tight not-yet", "data-key": "unread" },
    element("h2", { class: "with-icon" }, icon("bell"), element("span", {}, text(word("desk.unread_title", { count: total })))),
    total === 0 && element("p", {}, note(word("desk.unread_none"))),
    open.length > 0 && [
      element("dl", { class: "by-block" }, open.map(line)),
      element("p", { class: "note marks" }, element("span", { class: "piece" }, mark("displayed"), " ", word("desk.mark_opened_means")), element("span", { class: "piece" }, mark("not_yet"), " ", word("desk.mark_missing_means")), element("span", { class: "piece" }, word("desk.mark_none_means"))),
    ],
  );
}

const MARKS = { displayed: ["mark-opened", "desk.mark_opened"], not_yet: ["mark-missing", "desk.mark_missing"] };

function mark(stage) {
  const [style, words] = MARKS[stage] ?? [];
  return style && element("span", { class: style }, word(words));
}

const home = ({ id, name, stage }) => element("span", { class: "home", "data-key": id }, name, mark(stage));

/** To whom paper is carried, and the entry that it was handed over. */
export function paperPanel(here, notice) {
  const { blocks, line, paper_total: total } = notice;
  const open = blocks.filter(({ to_carry: homes = [] }) => homes.length > 0);
  const { recording } = here.state;
  const toggle = () => {
    here.state.recording = !recording;
    here.redraw();
  };
  if (total === undefined) return null;
  const row = ({ id, name, to_carry: homes }) => element("div", { "data-key": id }, element("dt", {}, text(name)), element("dd", {}, homes.map((one) => (recording ? entry(here, line, one) : home({ ...one, stage: undefined })))));
  return element(
    "section",
    { class: "sheet stack tight not-yet paper", "data-key": "paper" },
    element("h2", { class: "with-icon" }, icon("paper"), element("span", {}, text(word("desk.paper_title", { count: total })))),
    total === 0 && element("p", {}, note(word("desk.paper_none"))),
    total > 0 && (open.length > 0 ? [element("p", { class: "strong" }, text(word("desk.paper_to_do", { count: notice.to_carry_total }))), element("dl", { class: "by-block" }, open.map(row))] : element("p", {}, note(word("desk.paper_done")))),
    total > 0 &&
      element(
        "div",
        { class: "side" },
        element("a", { class: "button small", href: `#/notice/${line.notice}?print`, "data-act": "print" }, icon("print"), word("desk.print")),
        open.length > 0 && element("button", { class: "small", type: "button", id: "record", "data-act": "record", "aria-pressed": recording ? "true" : "false", onclick: toggle }, word(recording ? "common.close" : "desk.record")),
      ),
  );
}

function entry(here, { notice, rev }, { id, name }) {
  const enter = (stage) => () => here.act(async () => {
    await here.call("paper_receipt", { person: here.person.id, notice, rev, household: id, stage });
    here.say(word("desk.recorded"));
  });
  const button = (stage, words) => element("button", { class: "small", type: "button", "data-act": `paper-${stage}`, "aria-label": word("desk.cell_reader", { name, stage: words }), onclick: enter(stage) }, words);
  return element("div", { class: "entry", "data-key": id }, element("span", { class: "strong" }, name), button("handed", word("desk.paper_handed")), button("proxy", word("desk.paper_proxy")));
}
