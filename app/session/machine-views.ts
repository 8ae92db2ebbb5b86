/** Answers about the machine that is open: table, parts, search, matrices, addresses. Indexes are made at the first question. */
import type {
  AddressRequest,
  AddressView,
  ComparisonView,
  FindView,
  MatrixHead,
  MatrixRequest,
  MatrixView,
  PartsRequest,
  PartsView,
  PartView,
} from '../contract/machine-views.ts';
import { compare } from '../view/compare/compare.ts';
import { comparisonView, markedIndex, type MarkedIndex } from '../view/compare/marked.ts';
import { addressView, indexAddresses, type AddressIndex } from '../view/addresses/address-view.ts';
import { indexMatrices, matrixView, type IndexedMatrix } from '../view/matrices-view.ts';
import { findView } from '../view/parts/find-view.ts';
import { indexParts, type IndexedPart, type PartIndex } from '../view/parts/part-index.ts';
import { partView } from '../view/parts/part-view.ts';
import { matchingParts, partsView } from '../view/parts/parts-view.ts';
import type { OpenDocument } from './document.ts';

/** What was worked out for one document; it lives as long as the document is open. */
class Indexes {
  #parts: PartIndex | null = null;
  #matrices: readonly IndexedMatrix[] | null = null;
  #addresses: AddressIndex | null = null;
  /** The last query of the table: scrolling asks the same one again. */
  #last: { readonly key: string; readonly matching: readonly IndexedPart[] } | null = null;

  #marked: MarkedIndex | null = null;

  constructor(readonly document: OpenDocument) {}

  /** The parts, with what differs from another machine marked while there is one to compare with. */
  get table(): PartIndex {
    return this.#marked ?? this.parts;
  }

  changes(id: string): PartView['changes'] {
    return this.#marked?.changes.get(id) ?? [];
  }

  /** `other` is the machine that was before. */
  compare(other: OpenDocument | null): ComparisonView | null {
    this.#last = null;
    this.#marked = null;
    if (other === null) return null;
    const { parts: index } = new Indexes(other);
    const comparison = compare(
      { machine: other.machine, index },
      { machine: this.document.machine, index: this.parts },
    );
    this.#marked = markedIndex(this.parts, index, comparison);
    return comparisonView(other.head, comparison, this.#marked);
  }

  get parts(): PartIndex {
    const { machine, names, graph } = this.document;
    this.#parts ??= indexParts(machine, names, new Set(graph.nodes.map((node) => node.id)));
    return this.#parts;
  }

  get matrices(): readonly IndexedMatrix[] {
    this.#matrices ??= indexMatrices(this.document.machine, this.parts);
    return this.#matrices;
  }

  get addresses(): AddressIndex {
    this.#addresses ??= indexAddresses(this.document.machine);
    return this.#addresses;
  }

  matching({ filter, kind, differing, sort, descending }: PartsRequest): readonly IndexedPart[] {
    const query = { filter, kind, differing, sort, descending };
    const key = JSON.stringify(query);
    if (this.#last?.key !== key) this.#last = { key, matching: matchingParts(this.table, query) };
    return this.#last.matching;
  }
}

export class MachineViews {
  #indexes: Indexes | null = null;

  constructor(readonly open: () => OpenDocument | null) {}

  #of(): Indexes | null {
    const document = this.open();
    if (this.#indexes?.document !== document) this.#indexes = document === null ? null : new Indexes(document);
    return this.#indexes;
  }

  parts(request: PartsRequest): PartsView {
    const indexes = this.#of();
    return indexes === null
      ? { total: 0, matching: 0, kinds: [], start: 0, rows: [], revealed: null }
      : partsView(indexes.table, request, indexes.matching(request));
  }

  part(id: string): PartView | null {
    const indexes = this.#of();
    const view = indexes === null ? null : partView(indexes.document.machine, indexes.table, id);
    return view === null ? null : { ...view, changes: indexes?.changes(view.row.id) ?? [] };
  }

  find({ text, count }: { readonly text: string; readonly count: number }): FindView {
    const indexes = this.#of();
    return indexes === null ? { total: 0, found: [] } : findView(indexes.table, text, count);
  }

  compare(other: OpenDocument | null): ComparisonView | null {
    return this.#of()?.compare(other) ?? null;
  }

  matrices(): readonly MatrixHead[] {
    return this.#of()?.matrices.map(({ head }) => head) ?? [];
  }

  matrix(request: MatrixRequest): MatrixView | null {
    const indexes = this.#of();
    return indexes === null ? null : matrixView(indexes.matrices, indexes.parts, request);
  }

  addresses(request: AddressRequest): AddressView {
    const indexes = this.#of();
    return indexes === null
      ? { basis: 'none', ranges: 0, levels: 0, start: 0, end: 0, segments: [], revealed: null }
      : addressView(indexes.document.machine, indexes.parts, indexes.addresses, request);
  }
}
