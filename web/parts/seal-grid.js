// The seals of a circular home by home, a row for each block, as officers see them.

import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { seal } from "./seal.js";

/** How a home's stage is drawn. */
const DRAWN = { acknowledged: "acknowledged", proxy: "proxy", paper_handed: "handed", paper: "paper" };
const drawnAs = (stage) => DRAWN[stage] ?? "not_yet";

/** A table: a row per block, its homes in the order of the roster. */
export function sealGrid(blocks, turn) {
  return element(
    "table",
    { class: "seal-grid", role: "table" },
    element("caption", { class: "heard" }, word("desk.grid_reader")),
    element("tbody", { role: "rowgroup" }, blocks.map((block) => row(block, turn))),
  );
}

function row({ id, name, counts, homes }, turn) {
  const head = element("th", { scope: "row", role: "rowheader" }, element("span", { class: "block-name" }, text(name)), " ", element("span", { class: "note" }, text(word("send.homes", { count: counts.households }))), " ", element("span", { class: "note" }, text(word("desk.block_confirmed", { count: counts.acknowledged }))));
  return element("tr", { role: "row", "data-key": id }, head, element("td", { role: "cell" }, homes.length > 0 ? element("ul", { class: "grid-homes" }, homes.map((home) => cell(home, turn))) : figures(counts)));
}

function cell({ id, name, stage, waiting }, turn) {
  const said = word(`terms.home_stage.${stage}`);
  const reader = word(waiting ? "desk.cell_waiting_reader" : "desk.cell_reader", { name, stage: said });
  const drawn = seal({ state: drawnAs(stage), name, size: 42, turn, faint: true });
  if (waiting) drawn.classList.add("entered");
  return element("li", { "data-key": id, "data-stage": stage, title: reader }, drawn, element("span", { class: "heard" }, reader));
}

/** Where names are not this desk's to see. */
const figures = (counts) => element("p", { class: "note" }, text(`${word("notice.block_app", { count: counts.acknowledged })}${word("common.separator")}${word("notice.block_proxy", { count: counts.proxy })}${word("common.separator")}${word("notice.block_handed", { count: counts.handed })}`));

/** What the drawings mean, with how many there are of each. */
export function legend({ counts, unread_total: unread }) {
  const entry = (state, words, count) => element("li", {}, seal({ state, name: word("desk.legend_name"), size: 30, faint: true }), element("span", {}, words), count !== undefined && element("strong", {}, String(count)));
  return element(
    "ul",
    { class: "legend-seals" },
    entry("acknowledged", word("desk.legend_app"), counts.acknowledged),
    entry("proxy", word("desk.legend_proxy"), counts.proxy),
    entry("handed", word("desk.legend_handed"), counts.handed),
    entry("not_yet", word("desk.legend_not_yet"), unread),
    entry("paper", word("desk.legend_paper"), counts.paper),
  );
}
