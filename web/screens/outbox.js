// 送信待ち: what is on this phone and not at the server, each with its reason and the one thing to do.

import { moment } from "../clock.js";
import { element } from "../element.js";
import { pageBar } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { note, text } from "../text.js";
import { word, wordFor } from "../word.js";

export default {
  name: "outbox",
  tells: ["outbox", "home"],

  load: ({ call }) => call("outbox"),

  draw(here, waiting) {
    return {
      title: word("outbox.title"),
      bar: pageBar(word("outbox.title"), { back: "#/home" }),
      body: [
        waiting.length === 0 && element("p", { class: "empty", "data-key": "empty" }, note(word("outbox.empty"))),
        waiting.length > 0 && element("p", { class: "note", "data-key": "saved" }, note(word("outbox.saved"))),
        element("ul", { class: "stack", "data-key": "list" }, waiting.map((op) => line(here, op))),
        waiting.length > 0 && element("button", { class: "wide", type: "button", id: "sync", "data-act": "sync", "data-key": "sync", onclick: () => here.act(() => here.call("sync")) }, word("outbox.sync")),
      ],
    };
  },
};

function line(here, op) {
  const what = wordFor("terms.op", op.what);
  const { persons } = here.me;
  const whose = persons.length > 1 && persons.find(({ id }) => id === op.person);
  const asks = op.state === "refused" || op.state === "ask_again";
  const does = (method) => () => here.act(() => here.call(method, { op: op.id }));
  return element(
    "li",
    { class: asks ? "sheet waiting-op asks stack tight" : "sheet waiting-op stack tight", "data-key": op.id, "data-state": op.state },
    element("h2", {}, op.title ? text(word("outbox.about", { what, title: op.title })) : what),
    element("p", { class: "state" }, icon(op.state === "refused" ? "warning" : "waiting"), element("span", {}, note(word(`terms.op_state.${op.state}`)))),
    op.code && element("p", {}, note(wordFor("codes", op.code))),
    element("p", { class: "note" }, text(word("outbox.tapped_at", { time: moment(op.at) })), whose && [" ", word("outbox.for_person", { name: whose.name })]),
    element(
      "div",
      { class: "side" },
      (asks || op.state === "parked") && element("button", { class: op.state === "ask_again" ? "filled plain" : "", type: "button", "data-act": "retry", onclick: does("retry") }, word(op.state === "ask_again" ? "outbox.send" : "outbox.retry")),
      (asks || op.unsent) && element("button", { type: "button", "data-act": "discard", onclick: does("discard") }, word(op.state === "refused" ? "outbox.discard_refused" : "outbox.discard")),
    ),
  );
}
