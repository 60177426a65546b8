// The frame of an officer's desk: a bar with the desk's pages on a PC, a bar with the way back on a phone.

import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { pageBar } from "./bars.js";

const PAGES = [
  ["desk", "desk.tab_sent"],
  ["homes", "desk.tab_homes"],
];

/** Wide enough for columns side by side. */
export const wide = () => matchMedia("(min-width: 1024px)").matches;

/** `current`: desk or homes. */
export function deskBar(here, desk, current, back) {
  const { view, person } = here;
  if (view !== "desk") return pageBar(text(desk.name.name), { back: back ?? "#/town" });
  const group = desk.name.group;
  const role = person.roles.find((held) => held.group === group) ?? person.roles[0];
  const tab = ([name, words]) => element("li", {}, element("a", { href: `#/${name}/${group}`, "data-act": `desk-${name}`, "aria-current": name === current ? "page" : null }, word(words)));
  return element(
    "header",
    { class: "topbar desk-bar", "data-key": "bar" },
    element("h1", {}, text(desk.name.name)),
    element("nav", { "aria-label": word("common.tabs_reader") }, element("ul", {}, PAGES.map(tab))),
    role && element("p", { class: "whose" }, word("desk.role_name", { role: word(`terms.role_kind.${role.kind}`), name: person.name })),
  );
}

/** On a phone the desk's two pages stand above each other as tabs. */
export function deskPages(here, group, current) {
  if (here.view === "desk") return null;
  const tab = ([name, words]) => element("li", {}, element("a", { class: name === current ? "chip on" : "chip", href: `#/${name}/${group}`, "data-act": `desk-${name}`, "aria-current": name === current ? "page" : null }, word(words)));
  return element("nav", { "aria-label": word("common.tabs_reader"), "data-key": "pages" }, element("ul", { class: "chips" }, PAGES.map(tab)));
}
