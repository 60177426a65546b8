// The picture of the invitation sheet and a phone that scans it.

import { element } from "../element.js";

const BLOCKS = [[0, 0, 14], [26, 0, 14], [0, 26, 14]];
const DOTS = [[18, 1, 4], [18, 10, 5], [1, 18, 5], [9, 18, 4], [17, 19, 6], [27, 18, 5], [34, 18, 6], [18, 29, 5], [18, 36, 4], [26, 27, 7], [27, 37, 4], [35, 35, 5], [36, 28, 4]];

/** Decoration only. */
export function sheetPicture() {
  const code = [
    ...BLOCKS.map(([x, y, size]) => element("path", { d: `M${x} ${y}h${size}v${size}h-${size}zM${x + 3} ${y + 3}v${size - 6}h${size - 6}v-${size - 6}zM${x + 5} ${y + 5}h4v4h-4z`, "fill-rule": "evenodd" })),
    ...DOTS.map(([x, y, size]) => element("rect", { x, y, width: size, height: 4.5 })),
  ];
  const line = (y, width, weight, style) => element("rect", { class: style, x: 20, y, width, height: weight });
  return element(
    "svg",
    { class: "sheet-picture", viewBox: "0 0 262 204", "aria-hidden": "true" },
    element("g", { transform: "rotate(-3 70 100)" }, element("rect", { class: "page", x: 5, y: 8, width: 142, height: 186, rx: 4 }), line(28, 104, 9, "dark"), line(48, 104, 4, "pale"), line(59, 74, 4, "pale"), element("g", { class: "dark", transform: "translate(28 76) scale(2.15)" }, code), line(174, 94, 4, "pale")),
    element("g", { transform: "rotate(5 205 115)" }, element("rect", { class: "phone", x: 155, y: 36, width: 98, height: 158, rx: 14 }), element("rect", { class: "screen", x: 164, y: 52, width: 80, height: 126, rx: 4 }), element("path", { class: "corners", d: "M173 74v-12h12M235 74v-12h-12M173 112v12h12M235 112v12h-12" }), element("g", { class: "dark", transform: "translate(190 78) scale(.7)" }, code), element("rect", { class: "button", x: 172, y: 142, width: 64, height: 25, rx: 5 })),
  );
}
