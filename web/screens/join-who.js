// Whom the phone joins, for whom it is, and the wait for an officer's tap where a link was passed on.

import { element } from "../element.js";
import { code } from "../joining.js";
import { fine, pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

const ASK_AGAIN = 4000;

export default {
  name: "join-who",
  tells: [],
  bar: () => pageBar(word("join.title"), { back: "#/join" }),

  start: () => ({ chosen: undefined, persons: [] }),

  load: ({ call, state }) => call("join", { code: code(), persons: state.persons }),

  draw(here, joining) {
    const title = { choose: word("join.who"), waiting: word("join.waits_title"), joined: word("join.joined_title") }[joining.answer];
    return {
      title,
      bar: pageBar(title, joining.answer === "choose" ? { back: "#/join" } : {}),
      body: { choose, waiting, joined }[joining.answer](here, joining),
    };
  },

  drawn(here, joining) {
    clearTimeout(here.state.next);
    if (joining?.answer === "waiting") here.state.next = setTimeout(() => here.reload().then(() => this.drawn(here, here.record)), ASK_AGAIN);
  },

  leave: ({ state }) => clearTimeout(state.next),
};

function choose(here, { name, persons }) {
  const { state } = here;
  state.chosen ??= new Set(persons.length === 1 ? [persons[0].id] : []);
  const toggle = (id) => () => {
    if (!state.chosen.delete(id)) state.chosen.add(id);
    here.redraw();
  };
  const person = ({ id, name: who, joined: has }) =>
    element("label", { class: state.chosen.has(id) ? "choice on" : "choice", "data-key": id }, element("input", { type: "checkbox", checked: state.chosen.has(id), "data-act": "person", onchange: toggle(id) }), element("span", { class: "dot box" }, state.chosen.has(id) && icon("tick")), element("span", {}, word("common.honorific", { name: who }), has && element("span", { class: "note" }, " ", word("join.who_joined"))));
  const go = () => here.act(async () => {
    state.persons = [...state.chosen];
  });
  return [
    element("p", { "data-key": "home" }, note(word("join.who_home", { name }))),
    element("div", { class: "sheet choices", role: "group", "aria-label": word("join.who"), "data-key": "persons" }, persons.map(person)),
    element("p", { class: "note", "data-key": "hint" }, note(word(state.chosen.size === 0 ? "join.who_none" : "join.who_hint"))),
    element("button", { class: "filled wide", type: "button", id: "join-go", "data-act": "join-go", "data-key": "go", disabled: state.chosen.size === 0, onclick: go }, word("join.go")),
  ];
}

function waiting(here, { name, digits }) {
  return [
    element("section", { class: "sheet stack waiting-digits", role: "status", "data-key": "digits" }, element("p", {}, note(word("join.who_home", { name }))), element("p", { class: "strong" }, note(word("join.waits"))), element("p", { class: "digits", "aria-hidden": "true" }, digits), element("p", {}, note(word("join.waits_digits", { digits })))),
    element("button", { class: "wide", type: "button", id: "join-again", "data-act": "join-again", "data-key": "again", onclick: () => here.act(async () => {}) }, word("join.waits_retry")),
  ];
}

const joined = (here, { district }) => [
  fine(text(word("join.joined", { name: district }))),
  element("a", { class: "button filled wide", href: "#/home", id: "joined-go", "data-act": "joined-go", "data-key": "go" }, word("join.joined_go")),
];
