// The three steps of sending, and which one this is.

import { element } from "../element.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** `now`: 1, 2 or 3. */
export function steps(group, now) {
  const all = [
    ["send.step_text", `#/send/${group}`],
    ["send.step_audience", `#/send/${group}/audience`],
    ["send.step_send", `#/send/${group}/confirm`],
  ];
  const step = ([key, href], place) => {
    const number = place + 1;
    const name = word(key);
    const label = word(number < now ? "send.step_done_reader" : "send.step_reader", { number, name });
    const shown = number < now ? [icon("tick"), name] : word("send.step_number", { number, name });
    return element("li", { class: number < now ? "done" : number === now ? "now" : "", "aria-current": number === now ? "step" : null }, number < now ? element("a", { href, "aria-label": label }, shown) : element("span", {}, element("span", { "aria-hidden": "true" }, shown), element("span", { class: "heard" }, label)));
  };
  return element("nav", { class: "steps", "aria-label": word("send.title"), "data-key": "steps" }, element("ol", {}, all.map(step)));
}
