// 回覧: the point first, then the letter, then the seals; one big answer, and the letter read aloud.

import { date, moment, time } from "../clock.js";
import { element } from "../element.js";
import { barButton, bottomBar, pageBar } from "../parts/bars.js";
import { toCalendar } from "../parts/calendar.js";
import { icon } from "../parts/icons.js";
import { pointList } from "../parts/points.js";
import { readingControls } from "../parts/reading-controls.js";
import { sealColumn } from "../parts/seal-column.js";
import { reading } from "../reading.js";
import { note, paragraphs, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "circular",
  tells: ["notice"],
  bar: () => pageBar(word("notice.missing_title"), { back: "#/archive", backWord: word("archive.title") }),

  start: () => ({ pressing: false, heard: undefined, added: false }),

  async load({ call, person, place }) {
    const id = place.parts[0];
    const given = { person: person.id };
    const detail = await call("notice", { ...given, id });
    // Said once; the facade knows whether it was said before.
    if (!detail.line.needs_update) await call("displayed", { ...given, notice: id }).catch((fault) => fault);
    return detail;
  },

  draw(here, detail) {
    const { line, points } = detail;
    announce(here, detail);
    const sealed = line.kind !== "notice" && !detail.withdrawn && !line.needs_update;
    const calendar = points.starts && !detail.withdrawn && barButton("calendar", word(here.state.added ? "notice.calendar_done" : "notice.calendar"), () => addToCalendar(here, detail), { id: "calendar", "data-act": "calendar" });
    return {
      title: line.title,
      bar: pageBar("", { back: "#/archive", backWord: word("archive.title") }, calendar),
      body: [sheet(here, detail, sealed)],
      foot: sealed || detail.sentences?.length > 0 ? bottomBar(foot(here, detail, sealed)) : null,
    };
  },

  drawn(here) {
    here.state.pressing = false;
    if (here.place.query.has("print") && !here.state.printed) {
      here.state.printed = true;
      setTimeout(() => print());
    }
  },
};

function sheet(here, detail, sealed) {
  const { line } = detail;
  const spoken = sentencesOf(detail);
  return element(
    "article",
    { class: sealed ? "sheet circular-sheet beside" : "sheet circular-sheet", "data-key": line.id },
    element("div", { class: "clip", "aria-hidden": "true" }),
    line.kind === "emergency" && element("p", { class: "emergency-kind" }, icon("warning"), word("home.emergency"), line.until && element("span", { class: "whole" }, word("notice.emergency_until", { time: moment(line.until) }))),
    element("h2", { class: "title" }, spoken("title") ?? text(line.title)),
    element("p", { class: "note" }, note(word("notice.from_date", { name: line.from, date: date(line.at) }))),
    detail.withdrawn && element("div", { class: "panel-error", role: "status" }, element("strong", {}, text(word("notice.withdrawn"))), element("p", {}, text(word("notice.withdrawn_reason", { reason: detail.withdrawn.reason })))),
    !detail.withdrawn && detail.corrected && element("p", { class: "corrected", role: "status" }, icon("pen"), element("span", {}, note(word("notice.corrected", { date: moment(detail.corrected) })))),
    line.needs_update ? element("p", { class: "panel-error" }, note(word("common.update_needed"))) : pointList(detail.points, (part) => spoken(part) ?? text(detail.points[part])),
    element("div", { class: "letter" }, letter(detail)),
    sealed && sealColumn({ household: detail.household ?? here.person.household ?? "", state: detail.seal.state, at: detail.seal.at, turn: line.seal_turn ?? 0, counts: detail.seals, pressing: here.state.pressing }),
  );
}

/** How a part's sentences are drawn, each to be lit while it is read. */
function sentencesOf(detail) {
  const all = (detail.sentences ?? []).map((sentence, number) => ({ ...sentence, number }));
  return (part) => {
    const mine = all.filter((sentence) => sentence.part === part);
    return mine.length > 0 ? mine.map(sentenceNode) : undefined;
  };
}

const sentenceNode = ({ text: said, number }) => element("span", { "data-sentence": number }, text(said.replace(/\s+$/u, "")));

function letter(detail) {
  const all = (detail.sentences ?? []).map((sentence, number) => ({ ...sentence, number })).filter(({ part }) => part === "text");
  if (all.length === 0) return paragraphs(detail.text);
  const grouped = Map.groupBy ? Map.groupBy(all, ({ paragraph }) => paragraph) : byParagraph(all);
  return [...grouped.values()].map((sentences) => element("p", {}, sentences.map((sentence) => [sentenceNode(sentence), /\n$/.test(sentence.text) ? element("br") : ""])));
}

function byParagraph(all) {
  const groups = new Map();
  for (const one of all) groups.set(one.paragraph, [...(groups.get(one.paragraph) ?? []), one]);
  return groups;
}

function foot(here, detail, sealed) {
  const { seal } = detail;
  const pressed = seal.state !== "not_yet";
  const texts = (detail.sentences ?? []).map(({ text: said }) => said.trim());
  const aloud = readingControls(here, texts, { beside: sealed && !pressed });
  if (!sealed || pressed) return [sealed && arrived(seal), aloud];
  if (reading.on) return [aloud, seenButton(here, detail)];
  return [element("div", { class: "answer-row" }, aloud, seenButton(here, detail))];
}

const seenButton = (here, detail) =>
  element("button", { class: "filled seen", type: "button", id: "seen", "data-act": "seen", "data-key": "seen", onclick: () => press(here, detail) }, icon("stamp"), word("notice.seen"));

function arrived({ state, at }) {
  const waiting = state === "waiting";
  return element(
    "div",
    { class: waiting ? "arrived waiting" : "arrived", "data-key": "arrived" },
    element("span", { class: "done" }, icon(waiting ? "waiting" : "tick"), word("notice.seen_done")),
    element("span", {}, text(waiting ? word("notice.seal_waiting") : word("notice.arrived_at", { time: time(at) }))),
  );
}

/** The seal comes down where everybody can see it. */
async function press(here, { line }) {
  here.state.pressing = true;
  await here.act(() => here.call("acknowledge", { person: here.person.id, notice: line.id }));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(".seals")?.scrollIntoView({ block: "nearest", behavior: calm ? "instant" : "smooth" });
  navigator.vibrate?.(15);
  here.did("seen");
}

function announce(here, { seal }) {
  if (here.state.heard !== undefined && here.state.heard !== seal.state && seal.state !== "not_yet") {
    here.say(seal.state === "waiting" ? word("notice.seen_waiting_reader") : word("notice.seen_reader", { time: time(seal.at) }));
  }
  here.state.heard = seal.state;
}

function addToCalendar(here, { line, points, text: said }) {
  toCalendar({ id: line.id, title: line.title, starts: points.starts, ends: points.ends, place: points.place, when: points.when, text: said });
  here.state.added = true;
  here.say(word("notice.calendar_done"));
  here.did("calendar");
  if (here.me.practice) here.act(() => here.call("practice_did", { task: "calendar" }));
  else here.redraw();
}
