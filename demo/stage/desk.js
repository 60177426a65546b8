// The right side: 「朝を再生」 with its figures, and the officer's desk.

import { element } from "/web/element.js";
import { icon } from "/web/parts/icons.js";
import { note, text } from "/web/text.js";
import { word } from "/web/word.js";
import { framed } from "./phone.js";

const OFFICER = "aozora";
/** The desk's columns need this width; a little less is drawn smaller, much less is a phone's layout. */
const COLUMNS = 1030;
const SMALLEST = 0.68;
const BEZEL = 22;

/** The officer's side. */
export function desk(state, actions) {
  const officer = state.phones.find(({ name }) => name === OFFICER);
  const name = officer ? word("stage.officer_of", { name: officer.person_name }) : "";
  return element("section", { class: "right", "data-key": "right", "aria-labelledby": "desk-title" }, morning(state, actions, element("h2", { id: "desk-title" }, text(name))), screen(name));
}

function screen(title) {
  const room = (document.querySelector(".right")?.clientWidth ?? innerWidth - 480) - BEZEL;
  const fits = room / COLUMNS;
  const scale = fits >= 1 || fits < SMALLEST ? 1 : fits;
  return element("div", { class: "monitor", "data-key": "monitor", style: `--scale: ${scale.toFixed(4)}` }, element("iframe", { id: "desk", title, src: framed(OFFICER, `/web/?phone=${OFFICER}&view=desk`) }));
}

function morning({ morning: now, town }, actions, title) {
  const ready = now && ["ready", "over", "stopped"].includes(now.state);
  const running = now?.state === "running";
  const button = running
    ? element("button", { class: "small", type: "button", id: "morning", "data-act": "morning-stop", onclick: actions.stop }, icon("pause"), word("stage.morning_stop"))
    : element("button", { class: "small", type: "button", id: "morning", "data-act": "morning", disabled: !ready, onclick: actions.play }, icon("sun"), word("stage.morning"));
  const waiting = !ready && !running && town && word("stage.town_joining", { joined: town.joined, of: town.of });
  return element(
    "div",
    { class: "morning", "data-key": "morning" },
    title,
    button,
    element("p", { class: "note", role: "status" }, note(waiting || said(now))),
    now?.desks?.length > 0 && now.state !== "ready" && now.state !== "not_ready" && figures(now.desks),
  );
}

function said(now) {
  if (now?.state === "running") return word("stage.morning_running", { homes: now.phones, count: now.answered });
  if (now?.state === "over") return word("stage.morning_done");
  return word("stage.morning_does");
}

/** Beside what the desks show, the same counted in the server's database. */
function figures(desks) {
  const head = ["stage.column_town", "stage.column_said", "stage.column_seals"].map((name) => element("th", { scope: "col" }, word(name)));
  const pair = (shown, counted, act) => element("td", { "data-act": act }, element("strong", {}, shown), " ", element("span", { class: "note" }, word("stage.counted", { figure: counted })));
  const line = ({ group, name, participation, circular, database }) =>
    element("tr", { "data-key": group, "data-group": group }, element("th", { scope: "row" }, name), pair(`${participation.said} / ${participation.agreed}`, `${database.said} / ${database.agreed}`, "said"), pair(`${circular.acknowledged} / ${circular.households}`, `${database.acknowledged} / ${database.households}`, "seals"));
  return element("table", { class: "figures", id: "figures" }, element("caption", {}, word("stage.morning_source")), element("thead", {}, element("tr", {}, head)), element("tbody", {}, desks.map(line)));
}
