/**
 * A drawing over steps from left to right, whatever is painted in it: frame, marks, a cursor for
 * pointers, fingers and arrow keys, and the words beside it.
 *
 * @typedef {{left: number, right: number, top: number, bottom: number, step: number,
 *   middle: (index: number) => number, y: (value: number) => number}} Box pixels
 * @typedef {{look: string, label: string, shown: string}} Tip
 * @typedef {{
 *   titles: string[],
 *   labels: (step: number) => string[],
 *   isEach?: boolean,
 *   marks: number[],
 *   markText: (value: number) => string,
 *   paint: (box: Box) => SVGElement[],
 *   tips: (index: number) => Tip[],
 * }} Spec `titles` and `labels` name the steps, each of them (`isEach`) or as many as there is
 *   room for; `marks` go from 0 to the top of the scale; `step` in pixels
 */
import { draw, make } from './savings-dom.js';

const MARGIN = { top: 12, right: 6, bottom: 26 };
const LABEL_GAP = 12;
const LEAST_GAP = 3;
const LINE = 14;
const LEAST_WIDTH = 120;
const NARROW = 480;
const HEIGHT = { narrow: 210, wide: 250 };

/**
 * Round marks from 0 up to at least `largest`.
 * @param {number} largest @param {number} [count] how many there should be, about
 */
export function marksFor(largest, count = 4) {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = size * ([1, 2, 2.5, 5].find((factor) => rough <= factor * size * 1.0001) ?? 10);
  const marks = [0];
  while (marks[marks.length - 1] < largest * 0.9999) marks.push(marks.length * step);
  return marks;
}

const ruler = document.createElement('canvas').getContext('2d');

/** @param {string[]} texts as they are drawn @returns {number} pixels of the widest */
function widest(texts) {
  if (!ruler) return 0;
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return Math.ceil(Math.max(0, ...texts.map((text) => ruler.measureText(text).width)));
}

export class Plot {
  #width = 0;
  /** @type {Spec | null} */
  #spec = null;
  /** @type {Box | null} */
  #box = null;
  /** @type {SVGElement | null} */
  #band = null;
  #at = -1;

  /** @param {HTMLElement} node the plot's place, which is focusable */
  constructor(node) {
    this.node = node;
    this.tip = make('div', 'tip');
    this.tip.setAttribute('role', 'status');
    this.tip.hidden = true;
    new ResizeObserver(() => this.#draw()).observe(node);
    node.addEventListener('pointermove', (event) => this.#follow(event));
    node.addEventListener('pointerdown', (event) => this.#follow(event));
    node.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && this.#point(-1));
    node.addEventListener('blur', () => this.#point(-1));
    node.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {Spec} spec */
  show(spec) {
    this.#spec = spec;
    this.#width = 0;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.node.clientWidth);
    if (!this.#spec || width < LEAST_WIDTH || width === this.#width) return;
    this.#width = width;
    const height = width < NARROW ? HEIGHT.narrow : HEIGHT.wide;
    const { titles, labels, isEach = false, marks, markText, paint } = this.#spec;
    const left = widest(marks.map(markText)) + 12;
    const right = width - MARGIN.right;
    const step = (right - left) / titles.length;
    const names = labels(step);
    const isStaggered = isEach && widest(names) + LEAST_GAP > step;
    const bottom = height - MARGIN.bottom - (isStaggered ? LINE : 0);
    const top = marks[marks.length - 1];
    const box = {
      left,
      right,
      top: MARGIN.top,
      bottom,
      step,
      middle: (/** @type {number} */ index) => left + (index + 0.5) * step,
      y: (/** @type {number} */ value) => bottom - (value / top) * (bottom - MARGIN.top),
    };
    this.#box = box;
    this.#band = draw('rect', {
      class: 'band',
      y: box.top,
      width: step,
      height: bottom - box.top,
      visibility: 'hidden',
    });
    const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
    svg.append(
      ...this.#frame(box, marks, markText),
      this.#band,
      ...paint(box),
      ...this.#names(box, names, isEach, isStaggered),
    );
    this.node.replaceChildren(svg, this.tip);
    this.#point(-1);
  }

  /** @param {Box} box @param {number[]} marks @param {(value: number) => string} markText */
  #frame(box, marks, markText) {
    return marks.flatMap((mark) => {
      const y = Math.round(box.y(mark)) + 0.5;
      const line = { class: mark ? 'grid' : 'base', x1: box.left, x2: box.right, y1: y, y2: y };
      const place = { class: 'mark', x: box.left - 8, y: y + 4, 'text-anchor': 'end' };
      return [draw('line', line), draw('text', place, markText(mark))];
    });
  }

  /** @param {Box} box @param {string[]} labels @param {boolean} isEach @param {boolean} isStaggered */
  #names(box, labels, isEach, isStaggered) {
    const width = widest(labels);
    const every = isEach ? 1 : Math.max(1, Math.ceil((width + LABEL_GAP) / box.step));
    const half = width / 2;
    let end = -Infinity;
    return labels.flatMap((label, index) => {
      const x = Math.min(box.right - half, Math.max(half, box.middle(index)));
      if (index % every || (!isEach && x - half < end)) return [];
      end = x + half + LEAST_GAP;
      const y = box.bottom + 18 + (isStaggered && index % 2 ? LINE : 0);
      return [draw('text', { class: 'mark', x, y, 'text-anchor': 'middle' }, label)];
    });
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    if (!this.#box || !this.#spec) return;
    const x = event.clientX - this.node.getBoundingClientRect().left;
    const last = this.#spec.titles.length - 1;
    this.#point(Math.min(last, Math.max(0, Math.floor((x - this.#box.left) / this.#box.step))));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#spec || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#spec.titles.length - 1;
    const steps = /** @type {Record<string, number>} */ ({
      ArrowLeft: this.#at < 0 ? last : Math.max(0, this.#at - 1),
      ArrowRight: Math.min(last, this.#at + 1),
      Home: 0,
      End: last,
      Escape: -1,
    });
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.#point(steps[event.key]);
  }

  /** @param {number} index -1 for none */
  #point(index) {
    this.#at = index;
    this.tip.hidden = index < 0;
    this.#band?.setAttribute('visibility', index < 0 ? 'hidden' : 'visible');
    if (index < 0 || !this.#spec || !this.#box || !this.#band) return;
    this.#band.setAttribute('x', String(this.#box.left + index * this.#box.step));
    const lines = this.#spec.tips(index).map(({ look, label, shown }) => {
      const line = make('p', '');
      line.append(make('i', `swatch ${look}`), make('span', '', label), make('b', '', shown));
      return line;
    });
    this.tip.replaceChildren(make('strong', '', this.#spec.titles[index]), ...lines);
    const [middle, half] = [this.#box.middle(index), this.tip.offsetWidth / 2];
    const beside = half + this.#box.step / 2 + 8;
    const left = middle + beside + half < this.#width ? middle + beside : middle - beside;
    this.tip.style.left = `${Math.max(half, Math.min(this.#width - half, left))}px`;
  }
}
