// Whoever has no mouse and no touch goes everywhere by Tab, Enter, Space and arrows, and always sees where they are.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, drawn, open } from "./harness/browser.mjs";
import { SCREENS, sent } from "./screens.mjs";

let here;
before(async () => {
  here = await begin();
});
after(() => here?.over());

/** Presses Tab until everything had its turn, and says what stood out of sight or had no visible focus. */
async function walk(page) {
  const seen = [];
  const wrong = [];
  let outside = 0;
  for (let step = 0; step < 300 && outside < 2; step += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      globalThis.visited ??= new Set();
      if (!node || node === document.body) return { outside: true };
      if (globalThis.visited.has(node)) return { again: true };
      globalThis.visited.add(node);
      const pressed = node.matches('input[type="radio"], input[type="checkbox"]') ? (node.closest("label") ?? node) : node;
      // Where a field has an icon or a button inside, the whole of it shows the focus.
      const around = [node, pressed, node.closest(":focus-within:not(main):not(body):not(html)"), node.parentElement];
      const shows = around.filter(Boolean).some((one) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 3;
      });
      const box = pressed.getBoundingClientRect();
      const middle = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
      return {
        name: node.dataset.act ?? (node.id || node.className || node.localName),
        shows,
        inside: box.top >= -1 && box.left >= -1 && box.right <= innerWidth + 1 && box.top < innerHeight,
        covered: middle !== null && !pressed.contains(middle) && !middle.contains(pressed),
      };
    });
    // Past the last control comes the browser's own frame, then the first one.
    if (at.outside) outside += 1;
    if (at.again && outside > 0) break;
    if (at.outside || at.again) continue;
    seen.push(at.name);
    if (!at.shows) wrong.push(`${at.name} does not show that it has the focus`);
    if (!at.inside) wrong.push(`${at.name} has the focus out of sight`);
    if (at.covered) wrong.push(`${at.name} has the focus beneath something else`);
  }
  const missed = await page.evaluate(() => {
    const all = [...document.querySelectorAll('a[href], button:not([disabled]), input, select, textarea, summary, [tabindex="0"]')];
    // Of a group of answers one is reached by Tab, the others by arrows.
    const byArrows = (node) => node.type === "radio" && !node.checked && document.querySelector(`input[name="${node.name}"]:checked`);
    const missing = all.filter((node) => node.tabIndex >= 0 && !byArrows(node) && node.checkVisibility({ visibilityProperty: true }) && !globalThis.visited.has(node));
    return missing.map((node) => node.dataset.act ?? (node.id || node.className || node.localName));
  });
  return { wrong, missed, seen };
}

for (const screen of SCREENS.filter(({ before: prepared, pressed, path }) => !prepared && !pressed && !path)) {
  test(`${screen.name}: every control is reached and shows it`, async () => {
    const hash = typeof screen.hash === "function" ? await screen.hash(here.asking, {}) : screen.hash;
    const page = await open(here.context, here.demo, { ...screen, hash });
    const { wrong, missed, seen } = await walk(page);
    assert.deepEqual({ wrong, missed }, { wrong: [], missed: [] });
    assert.ok(seen.length > 0, "there is something to reach");
    await page.close();
  });
}

/** Presses Tab until such a control has the focus. */
async function tabTo(page, selector) {
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`Tab does not reach ${selector}`);
}

test("a circular is opened and sealed, and a mood said, without a mouse", async () => {
  const { asking, context, demo } = here;
  const page = await open(context, demo);
  await tabTo(page, 'a.circular[data-act="open-notice"]');
  await page.keyboard.press("Enter");
  await drawn(page, "circular");
  await tabTo(page, "#seen");
  await page.keyboard.press("Space");
  await page.locator(".arrived").waitFor();

  await open(context, demo, { page });
  await tabTo(page, "#mood-good");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator('[data-act="consent-yes"], .said').first().waitFor();
  if (await page.locator("#consent-yes").isVisible()) {
    await tabTo(page, "#consent-yes");
    await page.keyboard.press("Enter");
  }
  await page.locator(".said", { hasText: "普通" }).waitFor();
  await sent(asking);
  await page.close();
});
