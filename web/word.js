// The words on the screens, from the generated modules: `word("home.question")`, with what stands in for its placeholders.

let words = {};
let chosen = "ja";

/** Takes a language's words. */
export async function speak(language) {
  chosen = language === "en" ? "en" : "ja";
  words = (await import(`./words/${chosen}.js`)).default;
}

/** The language of the screens. */
export const language = () => chosen;

/** A word, its `{placeholders}` filled; of several forms the one for `count`. */
export function word(name, given = {}) {
  const said = words[name] ?? name;
  const form = typeof said === "string" ? said : (said[new Intl.PluralRules(chosen).select(Number(given.count))] ?? said.other);
  return form.replace(/\{(\w+)\}/g, (whole, key) => (key in given ? String(given[key]) : whole));
}

/** The word for a stable name the core gave, and where this app has none yet, that for any other: `("codes", "conflict")`. */
export function wordFor(table, name) {
  const path = `${table}.${name}`;
  return word(path in words ? path : `${table}.other`);
}
