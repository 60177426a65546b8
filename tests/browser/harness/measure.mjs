// Measures a drawn page: room, targets, contrast. Every function runs inside the page and answers with what is wrong, in words.

/** What hangs out of its place, is cut off, or lies on something else. */
export const room = (page) =>
  page.evaluate(() => {
    const wrong = [];
    const name = (node) => `<${node.localName}${node.id ? ` #${node.id}` : ""}${node.classList.length > 0 ? ` .${[...node.classList].join(".")}` : ""}> 「${node.textContent.trim().slice(0, 24)}」`;
    const style = (node) => getComputedStyle(node);
    const unseen = (node) => node.closest(".heard, [hidden]") !== null || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) wrong.push(`the page scrolls sideways: ${wide} of ${innerWidth}`);
    const all = [...document.body.querySelectorAll("*")].filter((node) => !(node instanceof SVGElement) && !unseen(node) && node.localName !== "option");
    for (const node of all) {
      const { overflowX, overflowY, textOverflow, display } = style(node);
      if (display === "contents") continue;
      const box = node.getBoundingClientRect();
      if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1) && !node.classList.contains("skip")) wrong.push(`${name(node)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)} of ${innerWidth}`);
      if (display !== "inline" && node.scrollWidth > node.clientWidth + 1 && overflowX !== "visible") wrong.push(`${name(node)} is ${overflowX === "auto" || overflowX === "scroll" ? "scrolled sideways" : "cut off"}: ${node.scrollWidth} of ${node.clientWidth}`);
      if (display !== "inline" && node.scrollHeight > node.clientHeight + 1 && (overflowY === "hidden" || overflowY === "clip")) wrong.push(`${name(node)} is cut off below: ${node.scrollHeight} of ${node.clientHeight}`);
      if (textOverflow === "ellipsis" && node.scrollWidth > node.clientWidth) wrong.push(`${name(node)} ends with …`);
    }
    // Every line of text as it lies on the page, with what it stands in.
    const lines = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const parent = node.parentElement;
      if (node.data.trim() === "" || unseen(parent) || parent.closest("svg, option, textarea, script, style")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const floats = (at) => at && (["sticky", "fixed", "absolute"].includes(style(at).position) ? at : floats(at.parentElement));
      const layer = floats(parent) ?? document.body;
      for (const box of range.getClientRects()) if (box.width > 1) lines.push({ box, node, layer, parent });
      const holder = parent.closest("button, .button, a.chip, .tag, td, th, .chip, .key");
      if (holder) {
        const own = holder.getBoundingClientRect();
        for (const box of range.getClientRects()) {
          // A line's box is taller than its letters by what the font keeps free above and below.
          const free = Math.max(0, (box.height - parseFloat(style(parent).fontSize)) / 2);
          const hangs = box.left < own.left - 1 || box.right > own.right + 1 || box.top + free < own.top - 1 || box.bottom - free > own.bottom + 1;
          if (box.width > 1 && hangs) wrong.push(`the text of ${name(holder)} hangs out of it`);
        }
      }
    }
    for (const [place, one] of lines.entries()) {
      for (const other of lines.slice(place + 1)) {
        if (one.node === other.node || one.layer !== other.layer) continue;
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        // Boxes of lines are a little taller than their letters.
        const letters = Math.min(parseFloat(style(one.parent).fontSize), parseFloat(style(other.parent).fontSize));
        if (across > 2 && down > letters * 0.5) wrong.push(`「${one.node.data.trim().slice(0, 16)}」 and 「${other.node.data.trim().slice(0, 16)}」 lie on each other`);
      }
    }
    return [...new Set(wrong)];
  });

/** Targets that are smaller than a finger, or on each other. */
export const targets = (page) =>
  page.evaluate(() => {
    const wrong = [];
    const small = (node) => (node.matches('.answer, [data-act="seen"], [data-act^="mood-"]') ? 60 : 48);
    const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".heard, .skip");
    const found = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [role="button"], [role="radio"], [role="checkbox"], [role="treeitem"] > [tabindex], [tabindex="0"]')].filter(shown);
    const boxes = [];
    for (const node of found) {
      // A box to tick is pressed by its words too.
      const pressed = node.matches('input[type="checkbox"], input[type="radio"]') ? (node.closest("label") ?? node.labels?.[0] ?? node) : node;
      const box = pressed.getBoundingClientRect();
      const words = `<${node.localName} ${node.dataset.act ?? node.id}> 「${(node.getAttribute("aria-label") ?? node.textContent).trim().slice(0, 20)}」`;
      if (box.width === 0) continue;
      const least = small(node);
      if (box.height < least - 0.5 || box.width < Math.min(least, 48) - 0.5) wrong.push(`${words} is ${Math.round(box.width)} × ${Math.round(box.height)}, less than ${least}`);
      const floats = (at) => at && (["sticky", "fixed"].includes(getComputedStyle(at).position) ? at : floats(at.parentElement));
      boxes.push({ node: pressed, box, words, layer: floats(node) ?? document.body });
    }
    for (const [place, one] of boxes.entries()) {
      for (const other of boxes.slice(place + 1)) {
        if (one.layer !== other.layer || one.node.contains(other.node) || other.node.contains(one.node)) continue;
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (across > 1 && down > 1) wrong.push(`${one.words} and ${other.words} overlap`);
      }
    }
    return wrong;
  });

/** Pictures that say nothing: their words stand beside them. */
const DECORATION = ".sheet-picture, .sparkline line, .clip";

/** Text below 7:1 and shapes below 3:1, by the computed colours; beside them how many were measured, and the least of each. */
export const contrast = (page) =>
  page.evaluate((decoration) => {
    const wrong = new Set();
    const least = { text: 21, shape: 21 };
    const count = { text: 0, shape: 0 };
    const parse = (colour) => {
      const found = colour.match(/^rgba?\(([\d.]+),? ([\d.]+),? ([\d.]+)(?:,? ?\/? ?([\d.]+%?))?\)$/);
      if (!found) throw new Error(`a colour this measure does not read: ${colour}`);
      const [r, g, b] = found.slice(1, 4).map(Number);
      const a = found[4] === undefined ? 1 : found[4].endsWith("%") ? parseFloat(found[4]) / 100 : Number(found[4]);
      return { r, g, b, a };
    };
    const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
    const light = ({ r, g, b }) => {
      const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const ratio = (one, other) => {
      const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
      return (high + 0.05) / (low + 0.05);
    };
    const page_ground = () => {
      const body = parse(getComputedStyle(document.body).backgroundColor);
      const root = parse(getComputedStyle(document.documentElement).backgroundColor);
      return over(body, over(root, { r: 255, g: 255, b: 255, a: 1 }));
    };
    // What lies behind: the colours of everything it stands in, the innermost on top.
    const ground = (node) => {
      if (node === null) return page_ground();
      const { backgroundColor, backgroundImage } = getComputedStyle(node);
      const own = parse(backgroundColor);
      if (own.a === 1) return own;
      if (backgroundImage !== "none" && !backgroundImage.includes("svg")) wrong.add(`<${node.localName} .${node.className}> has a ground this measure does not read`);
      return over(own, ground(node.parentElement));
    };
    const faded = (node) => (node === null ? 1 : Number(getComputedStyle(node).opacity) * faded(node.parentElement));
    const shown = (node) => !node.closest(".heard, .skip, [hidden]") && node.checkVisibility({ visibilityProperty: true });
    const rounded = (number) => Math.floor(number * 100) / 100;
    const judge = (kind, bound, colour, below, node, words) => {
      const seen = over({ ...colour, a: colour.a * faded(node) }, below);
      const found = ratio(seen, below);
      count[kind] += 1;
      least[kind] = Math.min(least[kind], rounded(found));
      if (found < bound) wrong.add(`${words}: ${rounded(found)}, less than ${bound}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      const said = walker.currentNode.data.trim();
      if (said === "" || node.closest("script, style, option, svg") || !shown(node)) continue;
      judge("text", 7, parse(getComputedStyle(node).color), ground(node), node, `「${said.slice(0, 20)}」`);
    }
    for (const shape of document.querySelectorAll("svg :is(path, circle, rect, line, polyline, text)")) {
      if (!shown(shape) || shape.closest(`defs, ${decoration}`)) continue;
      const { fill, stroke, strokeWidth } = getComputedStyle(shape);
      const below = ground(shape.ownerSVGElement.closest("svg").parentElement);
      const where = `<svg ${shape.ownerSVGElement.getAttribute("class") ?? ""} ${shape.localName}>`;
      // A shape is seen by its outline, or by what fills it; inside a filled one the outline of another is.
      const outline = stroke !== "none" && parseFloat(strokeWidth) > 0 ? parse(stroke) : undefined;
      const inside = fill !== "none" ? parse(fill) : undefined;
      const drawn = outline ?? inside;
      if (!drawn || drawn.a === 0) continue;
      const filled = [...shape.ownerSVGElement.querySelectorAll("rect, circle, path")].filter((other) => other !== shape && other.compareDocumentPosition(shape) & Node.DOCUMENT_POSITION_FOLLOWING);
      const around = filled.map((other) => ({ box: other.getBoundingClientRect(), fill: getComputedStyle(other).fill })).filter(({ fill: own }) => own !== "none" && parse(own).a > 0);
      const mine = shape.getBoundingClientRect();
      const holds = ({ box }) => box.left <= mine.left + 1 && box.right >= mine.right - 1 && box.top <= mine.top + 1 && box.bottom >= mine.bottom - 1;
      const behind = around.filter(holds).at(-1);
      judge(shape.localName === "text" ? "text" : "shape", shape.localName === "text" ? 7 : 3, drawn, behind ? parse(behind.fill) : below, shape, where);
    }
    for (const node of document.querySelectorAll("button, a.button, .button, input, textarea, select, .chip")) {
      if (!shown(node) || node.disabled) continue;
      const { borderTopColor, borderTopWidth, borderTopStyle } = getComputedStyle(node);
      if (parseFloat(borderTopWidth) === 0 || borderTopStyle === "none") continue;
      const below = ground(node.parentElement);
      const own = ground(node);
      const edge = Math.max(ratio(over(parse(borderTopColor), below), below), ratio(own, below));
      count.shape += 1;
      least.shape = Math.min(least.shape, rounded(edge));
      if (edge < 3) wrong.add(`the edge of <${node.localName} ${node.dataset.act ?? node.id}>: ${rounded(edge)}, less than 3`);
    }
    return { wrong: [...wrong], least, count };
  }, DECORATION);
