// The three typed steps: the address, the check code, and only then the secret.

import { element } from "../element.js";
import { invitation } from "../joining.js";
import { bottomBar, pageBar } from "../parts/bars.js";
import { keys, letters, slots } from "../parts/keys.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

const STEPS = {
  address: { number: 1, back: "#/join", next: "#/join/check" },
  check: { number: 2, length: 9, columns: 3, back: "#/join/address", next: "#/join/secret" },
  secret: { number: 3, length: 12, columns: 4, back: "#/join/check", next: "#/join/who" },
};

export default {
  name: "join-typed",
  tells: [],

  load: async () => ({}),

  draw(here) {
    const name = here.place.parts[0];
    const step = STEPS[name];
    const title = { address: word("join.address"), check: word("join.check"), secret: word("join.type") }[name];
    const where = element("p", { class: "note", "data-key": "step" }, text(word("join.step", { number: step.number })));
    const drawn = name === "address" ? address(here, step) : typed(here, name, step);
    return { title, bar: pageBar(title, { back: step.back }), body: [where, drawn.body], foot: drawn.foot };
  },

  drawn(here) {
    const name = here.place.parts[0];
    here.state.hear ??= hear(here);
    if (name === "address" && !here.state.focused) {
      here.state.focused = true;
      document.getElementById("address")?.focus();
    }
  },

  leave({ state }) {
    state.hear?.();
  },
};

function address(here, step) {
  const go = (event) => {
    event.preventDefault();
    invitation.address = document.getElementById("address").value;
    if (invitation.address.trim() === "") document.getElementById("address").focus();
    else here.go(step.next);
  };
  return {
    body: element(
      "form",
      { class: "sheet stack", "data-key": "address", onsubmit: go },
      element("label", { for: "address" }, note(word("join.address_hint"))),
      element("input", { id: "address", type: "text", inputmode: "url", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 260, required: true, value: invitation.address, "data-act": "address" }),
      element("button", { class: "filled wide", id: "address-next", "data-act": "next" }, word("common.next")),
    ),
  };
}

function typed(here, name, step) {
  const filled = invitation[name];
  const full = filled.length >= step.length;
  const hint = name === "check" ? "join.check_type_hint" : "join.secret_hint";
  const left = full ? word("join.typed_done", { count: step.length }) : word("join.secret_left", { count: step.length - filled.length });
  return {
    body: [
      element("p", { "data-key": "hint" }, note(word(hint))),
      element("div", { class: "sheet", "data-key": "slots" }, slots(filled, step.length, step.columns), element("p", { class: "note" }, note(word("join.secret_case")))),
      element("p", { class: "strong left", role: "status", "data-key": "left" }, text(left)),
    ],
    foot: full
      ? bottomBar(element("div", { class: "stack" }, element("button", { class: "filled wide", type: "button", id: "typed-next", "data-act": "next", onclick: () => here.go(step.next) }, word(name === "check" ? "common.next" : "join.go")), element("button", { class: "wide", type: "button", id: "erase", "data-act": "erase", onclick: () => put(here, name, "") }, word("join.secret_erase"))))
      : keys({ press: (letter) => put(here, name, letter), erase: () => put(here, name, ""), full }),
  };
}

/** Puts a letter, or with none takes the last one away. */
function put(here, name, letter) {
  const { length } = STEPS[name];
  invitation[name] = letter === "" ? invitation[name].slice(0, -1) : (invitation[name] + letter).slice(0, length);
  here.redraw();
}

/** A keyboard and a paste fill the slots too. */
function hear(here) {
  const name = here.place.parts[0];
  const key = (event) => {
    if (name === "address" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace") put(here, name, "");
    else if (event.key.length === 1 && letters(event.key) !== "") put(here, name, letters(event.key));
  };
  const paste = (event) => {
    if (name === "address") return;
    event.preventDefault();
    put(here, name, letters(event.clipboardData.getData("text")));
  };
  addEventListener("keydown", key);
  addEventListener("paste", paste);
  return () => {
    removeEventListener("keydown", key);
    removeEventListener("paste", paste);
  };
}
