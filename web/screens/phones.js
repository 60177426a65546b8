// わたしの電話: which phones read what one reads; a lost one is stopped here, another one added.

import { date } from "../clock.js";
import { element } from "../element.js";
import { pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "phones",
  tells: ["phones"],

  start: () => ({ stopping: undefined, leaving: false }),

  load: ({ call, person }) => call("phones", { person: person.id }),

  draw(here, phones) {
    return {
      title: word("phones.title"),
      bar: pageBar(word("phones.title"), { back: "#/town" }),
      body: [
        element("p", { "data-key": "intro" }, note(word("phones.intro"))),
        element("ul", { class: "stack", "data-key": "phones" }, phones.map((phone) => line(here, phone))),
        element("section", { class: "sheet stack tight", "data-key": "add" }, element("h2", {}, word("phones.add")), element("p", {}, note(word("phones.add_how")))),
        leaving(here),
      ],
    };
  },
};

function line(here, { device, name, since, this: own }) {
  const asking = here.state.stopping === device;
  const ask = (stopping) => () => {
    here.state.stopping = stopping;
    here.redraw();
  };
  const stop = () => here.act(async () => {
    await here.call("revoke", { person: here.person.id, device });
    here.state.stopping = undefined;
    here.say(word("phones.revoked"));
  });
  return element(
    "li",
    { class: "sheet stack tight", "data-key": device },
    element("h2", { class: "with-icon" }, icon("phone"), element("span", {}, name), own && element("span", { class: "tag" }, word("phones.this"))),
    element("p", { class: "note" }, text(word("phones.since", { date: date(since) }))),
    !own && !asking && element("button", { class: "small", type: "button", "data-act": "revoke", onclick: ask(device) }, word("phones.revoke")),
    asking && confirmation(word("phones.revoke_question", { name }), word("phones.revoke_then"), word("phones.revoke"), stop, ask(undefined)),
  );
}

function leaving(here) {
  const ask = (leave) => () => {
    here.state.leaving = leave;
    here.redraw();
  };
  const go = () => here.act(async () => {
    await here.call("leave", { person: here.person.id });
    here.say(word("phones.left"));
  });
  if (here.me.practice) return null;
  if (!here.state.leaving) return element("button", { class: "link", type: "button", "data-act": "leave", "data-key": "leave", onclick: ask(true) }, word("phones.leave"));
  return element("section", { class: "sheet", "data-key": "leaving" }, confirmation(word("phones.leave_question"), word("phones.leave_then"), word("phones.leave"), go, ask(false)));
}

const confirmation = (question, then, words, yes, no) =>
  element(
    "div",
    { class: "stack tight", role: "group", "aria-label": question },
    element("p", { class: "strong" }, text(question)),
    element("p", {}, note(then)),
    element("div", { class: "side" }, element("button", { class: "small danger", type: "button", "data-act": "confirm", onclick: yes }, words), element("button", { class: "small", type: "button", "data-act": "cancel", onclick: no }, word("common.cancel"))),
  );
