// How the page reads: its language and text size, handed on to both screens.

const KEY = "kairan.stage";
const asked = new URLSearchParams(location.search);
const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");

/** `lang` and `size`. */
export const look = { lang: "ja", size: "100", ...kept() };
for (const what of ["lang", "size", "theme"]) if (asked.has(what)) look[what] = asked.get(what);

/** Keeps a choice and shows it. */
export function choose(what, value) {
  look[what] = value;
  try {
    localStorage.setItem(KEY, JSON.stringify(look));
  } catch {
    // It is shown for this visit.
  }
  show();
}

/** Puts the choices on the page's root. */
export function show() {
  const root = document.documentElement;
  root.lang = look.lang === "en" ? "en" : "ja";
  root.dataset.size = look.size;
  root.toggleAttribute("data-large", look.size !== "100");
  root.dataset.theme = look.theme ?? (contrast.matches ? (dark.matches ? "contrast-dark" : "contrast") : dark.matches ? "dark" : "light");
}

for (const setting of [dark, contrast]) setting.addEventListener("change", show);

/** What a frame's address adds. */
export const asQuery = () => `&lang=${look.lang}&size=${look.size}${look.theme ? `&theme=${look.theme}` : ""}`;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
