// What somebody chose for the look: text size, colours, language, person. The address may choose for a visit.

const KEY = "kairan";
const asked = new URLSearchParams(location.search);
const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");

/** Which phone this page shows. */
export const phone = asked.get("phone") ?? "ume";
/** A phone's screens, or an officer's desk on a PC. */
export const view = asked.get("view") === "desk" ? "desk" : "phone";

let kept = { ...read(), ...visit() };

/** What is chosen: `size`, `theme`, `lang`, `person`. */
export const chosen = (what) => kept[what];

/** Keeps a choice on this browser and shows it. */
export function choose(what, value) {
  kept = { ...kept, [what]: value };
  try {
    localStorage.setItem(`${KEY}.${phone}`, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing shows it for this visit.
  }
  show();
}

/** Puts the choices on the page's root, and follows the system where nothing is chosen. */
export function show() {
  const root = document.documentElement;
  const size = ["150", "200"].includes(kept.size) ? kept.size : "100";
  root.dataset.size = size;
  root.toggleAttribute("data-large", size !== "100" || parseFloat(getComputedStyle(root).fontSize) >= 24);
  root.dataset.theme = kept.theme ?? (contrast.matches ? (dark.matches ? "contrast-dark" : "contrast") : dark.matches ? "dark" : "light");
  root.lang = kept.lang === "en" ? "en" : "ja";
  root.dataset.view = view;
}

for (const setting of [dark, contrast]) setting.addEventListener("change", show);

function read() {
  try {
    return JSON.parse(localStorage.getItem(`${KEY}.${phone}`)) ?? {};
  } catch {
    return {};
  }
}

function visit() {
  const words = ["size", "theme", "lang"].map((what) => [what, asked.get(what)]);
  return Object.fromEntries(words.filter(([, value]) => value));
}
