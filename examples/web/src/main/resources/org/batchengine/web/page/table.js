/** A table whose rows are known by id: they are patched in place, and their order stays. */
import { el, patch } from './dom.js';

export class Table {
  /**
   * @param columns {label, cell(row), class}: a cell is a text, a node or a list of them
   * @param options id(row); select(ids) if rows can be chosen; name(row) for the label of a checkbox
   */
  constructor(caption, columns, { id = (row) => row.id, select = null, name = id } = {}) {
    this.columns = columns;
    this.id = id;
    this.select = select;
    this.name = name;
    this.rows = new Map();
    this.chosen = new Set();
    this.body = el('tbody', { role: 'rowgroup' });
    this.all = el('input', { type: 'checkbox', 'aria-label': 'Choose all rows', onchange: () => this.#chooseAll() });
    const heads = columns.map((column) => el('th', { scope: 'col', role: 'columnheader', class: column.class }, column.label));
    if (select) heads.unshift(el('th', { scope: 'col', role: 'columnheader', class: 'choice' }, this.all));
    this.node = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
      el('table', { role: 'table' }, el('caption', { class: 'aside' }, caption),
        el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, heads)), this.body));
  }

  /** Shows these rows, in this order. */
  set(rows) {
    const ids = new Set(rows.map(this.id));
    for (const id of [...this.rows.keys()]) if (!ids.has(id)) this.remove(id);
    rows.forEach((row, i) => {
      const line = this.#put(row);
      if (this.body.children[i] !== line) this.body.insertBefore(line, this.body.children[i] ?? null);
    });
    this.#choose();
  }

  /** Adds rows below. */
  add(rows) {
    rows.forEach((row) => this.body.append(this.#put(row)));
    this.#choose();
  }

  has(id) {
    return this.rows.has(id);
  }

  /** Changes a row that is shown. */
  change(id, changes) {
    const shown = this.rows.get(id);
    if (shown) this.#put({ ...shown.row, ...changes });
    if (shown) this.#choose();
  }

  remove(id) {
    this.rows.get(id)?.line.remove();
    this.rows.delete(id);
    this.chosen.delete(id);
  }

  get size() {
    return this.rows.size;
  }

  row(id) {
    return this.rows.get(id)?.row;
  }

  chosenRows() {
    return [...this.chosen].map((id) => this.row(id));
  }

  #put(row) {
    const id = this.id(row);
    let shown = this.rows.get(id);
    if (!shown) {
      const cells = this.columns.map((column) => el('td', { role: 'cell', class: column.class, 'data-label': column.label }));
      const line = el('tr', { role: 'row' }, this.select ? this.#box(id, row) : null, cells);
      shown = { line, cells };
      this.rows.set(id, shown);
    }
    shown.row = row;
    this.columns.forEach((column, i) => {
      patch(shown.cells[i], column.cell(row));
      shown.cells[i].classList.toggle('none', shown.cells[i].textContent === '–'); // left out on a phone
    });
    return shown.line;
  }

  #box(id, row) {
    const box = el('input', {
      type: 'checkbox',
      'aria-label': `Choose ${this.name(row)}`,
      onchange: () => {
        if (box.checked) this.chosen.add(id);
        else this.chosen.delete(id);
        this.#choose();
      },
    });
    return el('td', { role: 'cell', class: 'choice' }, box);
  }

  #chooseAll() {
    this.chosen = new Set(this.all.checked ? this.rows.keys() : []);
    this.body.querySelectorAll('.choice input').forEach((box) => (box.checked = this.all.checked));
    this.#choose();
  }

  #choose() {
    this.all.checked = this.chosen.size > 0 && this.chosen.size === this.size;
    this.all.indeterminate = this.chosen.size > 0 && this.chosen.size < this.size;
    this.select?.(this.chosenRows());
  }
}
