// What an officer writes: the fields of a notice.

import { fromField, toField } from "../clock.js";
import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

const KINDS = ["circular", "notice", "emergency"];

/** Which kind it is. */
export function kinds(here, draft) {
  const option = (kind) => {
    const on = draft.kind === kind;
    const take = () => {
      draft.kind = kind;
      if (kind !== "emergency") draft.until = null;
      here.redraw();
    };
    return element("label", { class: on ? "chip on" : "chip" }, element("input", { class: "heard", type: "radio", name: "kind", value: kind, checked: on, "data-act": `kind-${kind}`, onchange: take }), on && icon("tick"), word(`terms.notice_kind.${kind}`));
  };
  return element("fieldset", {}, element("legend", { class: "strong" }, word("send.kind")), element("div", { class: "chips" }, KINDS.map(option)));
}

/** 要点: the four points, and the moments a calendar takes. */
export function fieldset(draft) {
  const { points } = draft;
  return element(
    "div",
    { class: "stack four", role: "group", "aria-labelledby": "four" },
    element("p", { class: "strong", id: "four" }, text(word("send.points"))),
    field(points, "when", { words: "notice.when", hint: "send.when_hint", most: 200 }),
    element("div", { class: "side" }, moment(points, "starts", "send.calendar_from"), moment(points, "ends", "send.calendar_to")),
    field(points, "place", { words: "notice.place", hint: "send.place_hint", most: 200 }),
    field(points, "what", { words: "notice.what", hint: "send.what_hint", most: 200 }),
    field(points, "by_when", { words: "notice.by_when", hint: "send.by_when_hint", most: 200 }),
  );
}

/** One line of text. */
export function field(of, part, { words, hint, required, most }) {
  const id = `write-${part}`;
  const take = ({ target }) => {
    of[part] = target.value === "" && !required ? null : target.value;
  };
  return element("div", { class: "field" }, element("label", { for: id }, word(words)), element("input", { id, type: "text", required, maxlength: most, autocomplete: "off", placeholder: word(hint), value: of[part] ?? "", oninput: take }));
}

/** 本文. */
export function letter(draft) {
  const take = ({ target }) => {
    draft.text = target.value;
  };
  return element("div", { class: "field" }, element("label", { for: "write-text" }, word("send.text")), element("textarea", { id: "write-text", rows: 7, maxlength: 10000, required: true, value: draft.text, oninput: take }));
}

/** A moment, written as the association's clock shows it. */
export function moment(of, part, words) {
  const id = `write-${part}`;
  const take = ({ target }) => {
    of[part] = fromField(target.value);
  };
  return element("div", { class: "field" }, element("label", { for: id }, word(words)), element("input", { id, type: "datetime-local", value: toField(of[part]), oninput: take }));
}
