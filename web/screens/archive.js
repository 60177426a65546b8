// 回覧: everything that was sent, newest first, and what is found by a word.

import { element } from "../element.js";
import { heading, pageBar, tabs } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { noticeLine, noticeList } from "../parts/lines.js";
import { note } from "../text.js";
import { word } from "../word.js";

const PAGE = 30;
const FOUND = 60;
const SUGGESTIONS = ["rubbish", "disaster", "fees", "elders"];
const FILTERS = ["all", "unread", "emergency"];

export default {
  name: "archive",
  tells: ["notices"],
  remembers: true,

  start: ({ place }) => ({ typed: place.query.get("q") ?? "", filter: "all", pages: 1 }),

  async load({ call, person, state }) {
    const typed = state.typed.trim();
    if (typed !== "") return { hits: (await call("search", { person: person.id, text: typed, limit: FOUND })).map(asHit) };
    const lines = [];
    let next = null;
    for (let page = 0; page < state.pages; page += 1) {
      const answer = await call("notices", { person: person.id, filter: state.filter, after: next, limit: PAGE });
      lines.push(...answer.lines);
      next = answer.next;
      if (!next) break;
    }
    return { lines, next };
  },

  draw(here, record) {
    const { person } = here;
    return {
      title: word("archive.title"),
      bar: pageBar(word("archive.title")),
      body: [searchBox(here), suggestions(here), record.hits ? found(here, record.hits) : everything(here, record)],
      foot: tabs("archive", person.roles.some(({ kind }) => kind === "commissioner")),
    };
  },
};

/** A list of lines only, from a facade that marks nothing yet. */
const asHit = (hit) => (hit.line ? hit : { line: hit, title: [{ text: hit.title, hit: false }], excerpt: [] });

function searchBox(here) {
  const { state } = here;
  const change = (typed) => {
    state.typed = typed;
    history.replaceState(null, "", typed ? `#/archive?q=${encodeURIComponent(typed)}` : "#/archive");
    here.reload();
  };
  const field = element("input", { id: "search", type: "search", name: "q", value: state.typed, autocomplete: "off", enterkeyhint: "search", placeholder: word("archive.search"), "aria-label": word("archive.search"), "data-act": "search", oninput: ({ target }) => change(target.value) });
  const clear = () => {
    document.getElementById("search").value = "";
    change("");
    document.getElementById("search").focus();
  };
  return element(
    "form",
    { class: "search", role: "search", "data-key": "search", onsubmit: (event) => event.preventDefault() },
    element("div", { class: "search-field" }, icon("search"), field, state.typed !== "" && element("button", { class: "clear", type: "button", "data-act": "clear", onclick: clear }, icon("cross"), word("archive.clear"))),
    voiceButton(here, change),
  );
}

/** Where the browser can listen. */
function voiceButton(here, change) {
  const Listening = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
  if (!Listening) return null;
  const listen = () => {
    const ear = new Listening();
    ear.lang = document.documentElement.lang === "en" ? "en-GB" : "ja-JP";
    ear.onresult = ({ results }) => {
      const typed = results[0][0].transcript;
      document.getElementById("search").value = typed;
      change(typed);
    };
    ear.onerror = () => here.say(word("archive.voice_none"));
    ear.start();
  };
  return element("button", { class: "voice", type: "button", "aria-label": word("archive.voice_reader"), onclick: listen }, icon("microphone"), element("span", {}, word("archive.voice")));
}

function suggestions(here) {
  const chip = (words, on, act, press) => element("button", { class: on ? "chip on" : "chip", type: "button", "aria-pressed": on ? "true" : "false", "data-act": act, onclick: press }, on && icon("tick"), words);
  const look = (words) => {
    here.state.typed = here.state.typed === words ? "" : words;
    here.reload();
  };
  const show = (filter) => {
    Object.assign(here.state, { filter, pages: 1, typed: "" });
    here.reload();
  };
  const { typed, filter } = here.state;
  return [
    element("div", { class: "chips", role: "group", "aria-label": word("archive.suggestions"), "data-key": "suggestions" }, SUGGESTIONS.map((name) => [name, word(`archive.suggestion.${name}`)]).map(([name, words]) => chip(words, typed === words, `suggestion-${name}`, () => look(words)))),
    typed === "" && element("div", { class: "chips", role: "group", "aria-label": word("archive.filter"), "data-key": "filters" }, FILTERS.map((name) => chip(word(`archive.filter_${name}`), filter === name, `filter-${name}`, () => show(name)))),
  ];
}

function found(here, hits) {
  const text = here.state.typed.trim();
  const { household = "" } = here.person;
  if (hits.length === 0) return element("p", { class: "empty", role: "status" }, note(text.length < 2 ? word("archive.search_short") : word("archive.none", { text })));
  return [
    element("div", { role: "status", "data-key": "found" }, heading(note(word("archive.found", { text, count: hits.length })))),
    element("ul", { class: "stack tight", "data-key": "hits" }, hits.map((hit) => noticeLine(hit.line, { dated: true, found: hit, household }))),
  ];
}

function everything(here, { lines, next }) {
  const empty = { all: "archive.empty", unread: "archive.unread_none", emergency: "archive.emergency_none" };
  if (lines.length === 0) return element("p", { class: "empty" }, note(word(empty[here.state.filter])));
  const more = () => {
    here.state.pages += 1;
    here.reload();
  };
  return [noticeList(lines, { dated: true, household: here.person.household ?? "" }), next && element("button", { class: "wide", type: "button", id: "more", "data-act": "more", onclick: more }, word("archive.older"))];
}
