// What this is, in one sentence, and how the page reads.

import { element } from "/web/element.js";
import { note } from "/web/text.js";
import { word } from "/web/word.js";
import { look } from "./look.js";

/** The head of the page. */
export function intro(actions) {
  document.title = word("stage.title");
  return element(
    "header",
    { class: "intro", "data-key": "intro" },
    element("div", { class: "words" }, element("h1", {}, word("stage.title")), element("p", {}, note(`${word("stage.made_up")} ${word("stage.not_119")}`))),
    choice("lang", word("common.language"), [["ja", word("common.language_ja")], ["en", word("common.language_en")]], look.lang, actions),
    choice("size", word("common.text_size"), ["100", "150", "200"].map((size) => [size, word("common.text_size_percent", { percent: size })]), look.size, actions),
  );
}

function choice(what, title, options, now, actions) {
  const option = ([value, words]) => element("button", { class: value === now ? "chip on" : "chip", type: "button", lang: what === "lang" ? value : null, "aria-pressed": value === now ? "true" : "false", "data-act": `${what}-${value}`, onclick: () => actions.look(what, value) }, words);
  return element("div", { class: "choice-of", role: "group", "aria-label": title, "data-key": what }, element("span", { "aria-hidden": "true" }, title), options.map(option));
}

/** The demo itself does not answer. */
export const lost = () => element("p", { class: "panel-error", role: "alert", "data-key": "lost" }, word("stage.lost"));
