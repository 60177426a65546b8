// 相談の受付: who asked for a talk, who has it, until when, and the people who agreed to be looked after.

import { day, moment } from "../clock.js";
import { element } from "../element.js";
import { heading, homeBar, tabs } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { moodStrip } from "../parts/mood-strip.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "talks",
  tells: ["desk"],
  remembers: true,

  start: () => ({ closing: undefined, noting: undefined, seen: new Set() }),

  async load({ call, person }) {
    const desks = (await call("desks", { person: person.id })).filter(({ kind }) => kind === "team");
    return Promise.all(desks.map(({ group }) => call("desk", { group })));
  },

  draw(here, desks) {
    const [first] = desks;
    return {
      title: word("commissioner.title"),
      bar: homeBar(first ? first.name.name : here.me.district, word("commissioner.title")),
      under: element("p", { class: "quiet-line", "data-key": "private" }, icon("lock"), word("commissioner.private")),
      body: desks.flatMap((desk) => team(here, desk)),
      foot: tabs("talks", true),
    };
  },

  /** What stood on the screen of somebody of the team was seen: the resident hears who looked. */
  drawn({ call, person, state }, desks) {
    for (const { op, state: stands, taken_back: back } of desks.flatMap(({ talks }) => talks)) {
      if (stands !== "open" || back || state.seen.has(op)) continue;
      state.seen.add(op);
      call("see_case", { person: person.id, case: op }).catch((fault) => fault);
    }
  },
};

function team(here, desk) {
  const of = (stands) => desk.talks.filter(({ state }) => state === stands);
  const section = (stands, count) => {
    const talks = of(stands);
    if (talks.length === 0) return null;
    const title = heading(note(word("commissioner.section", { state: word(`terms.case_state.${stands}`), count })));
    return element("section", { class: "stack", "data-key": `talks-${stands}` }, title, talks.map((talk) => card(here, talk, desk)));
  };
  return [
    desk.talks.length === 0 && element("p", { class: "empty", "data-key": "empty" }, note(word("commissioner.empty"))),
    section("open", desk.waiting_talks ?? of("open").length),
    section("taken", desk.taken_talks ?? of("taken").length),
    section("closed", of("closed").length),
    people(desk.statuses),
  ];
}

function card(here, talk, { statuses }) {
  const status = statuses.find(({ person }) => person === talk.person);
  const mine = talk.owner === here.person.id;
  const open = talk.state === "open";
  return element(
    "article",
    { class: open ? "sheet talk open" : "sheet talk", "data-key": talk.op, "data-state": talk.state },
    element("p", { class: "talk-head" }, element("span", { class: open ? "tag waiting" : "tag" }, word(`terms.case_state.${talk.state}`)), element("span", {}, open ? text(moment(talk.at)) : word("commissioner.owner", { name: mine ? word("commissioner.owner_you") : talk.owner_name }))),
    element("h3", { class: "who" }, word("common.honorific", { name: talk.name }), element("span", { class: "note" }, talk.household)),
    talk.taken_back ? element("p", {}, note(word("commissioner.taken_back"))) : element("p", {}, word("commissioner.wants")),
    due(talk),
    talk.reached !== "team" && open && element("p", { class: "note" }, word(`commissioner.reached_${talk.reached}`)),
    talk.state !== "closed" && status && moodStrip(status),
    talk.waiting && element("p", { class: "note strong" }, word("common.waiting")),
    buttons(here, talk, mine),
    here.state.closing === talk.op && textForm(here, talk, "close"),
    here.state.noting === talk.op && textForm(here, talk, "note"),
    history(talk),
  );
}

function due({ due: until, state }) {
  if (!until || state === "closed") return null;
  const late = until < Date.now();
  return element("p", { class: state === "open" ? "due open" : "due" }, icon("clock"), element("span", {}, note(word(late ? "commissioner.overdue" : "commissioner.due", { time: moment(until) }))));
}

function buttons(here, talk, mine) {
  const does = (method) => () => here.act(async () => {
    await here.call(method, { person: here.person.id, case: talk.op });
    here.did(method);
  });
  const ask = (what) => () => {
    here.state[what] = here.state[what] === talk.op ? undefined : talk.op;
    here.redraw();
  };
  const button = (act, picture, words, press, style = "") => element("button", { class: `small ${style}`, type: "button", "data-act": act, onclick: press }, icon(picture), words);
  const call = talk.telephone && element("a", { class: "button small", href: `tel:${talk.telephone}`, "data-act": "call" }, icon("call"), word("commissioner.call"));
  if (talk.state === "open") return element("div", { class: "side" }, button("take", "todo", word("commissioner.take"), does("take_case"), "filled plain"), call);
  if (talk.state === "taken" && mine) {
    return [element("div", { class: "side" }, call, button("close", "tick", word("commissioner.close"), ask("closing"))), element("div", { class: "side" }, button("note", "pen", word("commissioner.note"), ask("noting")), button("release", "back", word("commissioner.release"), does("release_case")))];
  }
  return null;
}

function textForm(here, talk, kind) {
  const id = `${kind}-${talk.op}`;
  const closing = kind === "close";
  const send = (event) => {
    event.preventDefault();
    const typed = document.getElementById(id).value.trim();
    here.act(async () => {
      await here.call(closing ? "close_case" : "note_case", { person: here.person.id, case: talk.op, text: typed || null });
      Object.assign(here.state, { closing: undefined, noting: undefined });
    });
  };
  return element(
    "form",
    { class: "stack tight", onsubmit: send },
    closing && element("p", { class: "strong" }, word("commissioner.close_question")),
    element("label", { for: id }, word(closing ? "commissioner.close_text" : "commissioner.note_text")),
    element("textarea", { id, rows: 3, maxlength: 1000, required: !closing }),
    element("button", { class: "filled plain", "data-act": closing ? "close-confirm" : "note-save" }, word(closing ? "commissioner.close" : "commissioner.note_save")),
  );
}

function history({ history: entries }) {
  if (entries.length === 0) return null;
  const line = (entry) =>
    element("li", {}, text(word("commissioner.history_line", { time: moment(entry.at), name: entry.by ?? word("commissioner.history_clock"), step: word(`terms.step.${entry.what}`) })), entry.text && element("p", {}, entry.text));
  return element("details", {}, element("summary", {}, word("commissioner.history")), element("ol", { class: "history" }, entries.map(line)));
}

function people(statuses) {
  if (statuses.length === 0) return element("p", { class: "empty", "data-key": "nobody" }, word("commissioner.people_empty"));
  const line = (status) =>
    element(
      "li",
      { "data-key": status.person },
      element("div", { class: "grow" }, element("p", { class: "strong" }, word("common.honorific", { name: status.name }), " ", element("span", { class: "note" }, status.household)), element("p", { class: "note" }, status.mood ? text(word("commissioner.person_last", { day: day(status.day), mood: word(`terms.mood.${status.mood}`) })) : word("commissioner.person_never"))),
      element("details", {}, element("summary", { "aria-label": word("commissioner.strip_of", { name: status.name }) }, word("commissioner.strip")), moodStrip(status)),
    );
  return element("section", { class: "stack tight", "data-key": "people" }, heading(text(word("commissioner.people", { count: statuses.length }))), element("ul", { class: "sheet flush rows" }, statuses.map(line)));
}
