// The bar above, the tabs below, and the lines that belong to the whole page.

import { element } from "../element.js";
import { word } from "../word.js";
import { icon } from "./icons.js";

/** The bar of the first screen: where, and which day. */
export const homeBar = (place, title, ...more) =>
  element("header", { class: "topbar home", "data-key": "bar" }, element("div", { class: "place" }, place && element("p", {}, place), element("h1", {}, title)), more);

/** The bar of any other screen; `back` leads one step up. */
export const pageBar = (title, { back, backWord, quiet = false } = {}, ...more) =>
  element(
    "header",
    { class: back ? "topbar page" : "topbar page rootless", "data-key": "bar" },
    back && element("a", { class: "back", href: back, id: "back" }, icon("back"), quiet ? element("span", { class: "heard" }, backWord ?? word("common.back")) : (backWord ?? word("common.back"))),
    element("div", { class: "place" }, element("h1", {}, title)),
    more,
  );

/** A button in the bar. */
export const barButton = (name, words, press, more = {}) =>
  element("button", { class: "outlined small", type: "button", onclick: press, ...more }, icon(name), element("span", {}, words));

/** The tabs; a commissioner has 相談 in the place of 予定. */
export function tabs(current, commissioner) {
  const places = [
    ["home", "#/home", "home", word("common.tab_home")],
    ["archive", "#/archive", "board", word("common.tab_notices")],
    commissioner ? ["talks", "#/talks", "talk", word("common.tab_talks")] : ["events", "#/events", "calendar", word("common.tab_events")],
    ["town", "#/town", "town", word("common.tab_town")],
  ];
  const tab = ([name, href, picture, words]) =>
    element("li", {}, element("a", { href, "data-act": `tab-${name}`, "aria-current": name === current ? "page" : null }, icon(picture), words));
  return element("nav", { class: "tabs", "aria-label": word("common.tabs_reader"), "data-key": "tabs" }, element("ul", {}, places.map(tab)));
}

/** A bar at the bottom, for the one big answer. */
export const bottomBar = (...children) => element("div", { class: "bottom", role: "region", "aria-label": word("common.bottom_reader"), "data-key": "bottom" }, children);

/** A heading with its count, and what stands beside. */
export const heading = (words, beside) => element("div", { class: "heading" }, element("h2", {}, words), beside);

/** A link that looks like one. */
export const link = (words, href, act) => element("a", { class: "link", href, "data-act": act }, words);

/** Something went wrong, or something is to be known. */
export const trouble = (words, more) => element("div", { class: "panel-error", role: "alert", "data-key": "trouble" }, element("strong", {}, words), more);
/** Something went well. */
export const fine = (words, ...more) => element("div", { class: "panel-fine", role: "status", "data-key": "fine" }, element("p", {}, words), more);
