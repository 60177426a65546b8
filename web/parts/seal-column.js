// The seal column of a circular: one's own seal, and beside it the block's, without names.

import { time } from "../clock.js";
import { element } from "../element.js";
import { text } from "../text.js";
import { word } from "../word.js";
import { nameless, seal } from "./seal.js";

/** `household`: the name in the seal. `seal`: how it stands. `counts`: the block's; none where they are not at hand. */
export function sealColumn({ household, state, at, turn, counts, pressing }) {
  const own = seal({ state, name: household, size: 92, turn, pressing, reader: reader(household, state, at) });
  const cells = [element("td", { role: "cell", class: "own" }, element("p", { class: "own-name" }, household), own, element("p", { class: "state" }, text(word({ not_yet: "notice.seal_not_yet", waiting: "notice.seal_waiting", acknowledged: "notice.seal_done" }[state])))), counts && block(counts)];
  const heads = [element("th", { scope: "col", role: "columnheader" }, household || word("notice.seal")), counts && element("th", { scope: "col", role: "columnheader" }, text(blockName(counts)))];
  return element(
    "section",
    { class: "seals" },
    element("h2", {}, word("notice.seals")),
    element(
      "table",
      { class: counts ? "seal-column" : "seal-column alone", role: "table" },
      counts && element("caption", { class: "heard" }, word("notice.block_reader", { homes: counts.households, app: counts.acknowledged, proxy: counts.proxy, handed: counts.handed })),
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, heads)),
      element("tbody", { role: "rowgroup" }, element("tr", { role: "row" }, cells)),
    ),
  );
}

const blockName = (counts) => word("notice.block_homes", { count: counts.households });

function reader(household, state, at) {
  if (state === "acknowledged") return word("notice.seal_reader", { name: household, time: time(at) });
  return word(state === "waiting" ? "notice.seal_waiting_reader" : "notice.seal_not_yet_reader", { name: household });
}

/** Filled from the first, never in the order of homes. */
function block(counts) {
  const { households, acknowledged, proxy, handed } = counts;
  const squares = proxy + handed;
  const drawn = [...fill("disc", acknowledged), ...fill("square", squares), ...fill("empty", households - acknowledged - squares)];
  const line = (count, name) => count > 0 && element("p", {}, text(word(name, { count })));
  return element(
    "td",
    { role: "cell", class: "block" },
    element("div", { class: "nameless-row" }, drawn),
    element("div", { class: "counts" }, element("p", {}, text(word("notice.block_app", { count: acknowledged }))), line(proxy, "notice.block_proxy"), line(handed, "notice.block_handed")),
  );
}

const fill = (kind, count) => Array.from({ length: Math.max(0, count) }, () => nameless(kind));
