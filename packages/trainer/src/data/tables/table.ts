/** Items of one file with a fixed number of values each, before they are scaled or split. */
export interface Table {
  /** The file, for errors. */
  readonly file: string;
  readonly size: number;
  /** Extents of an item: [D] for rows of numbers, [H, W] or the like for images. */
  readonly itemShape: readonly number[];
  /** What the values of an item are called, where they have names. */
  readonly columns?: readonly string[];
  /** The file has no names: `columns` says where the values stand. */
  readonly numbered?: boolean;
  /** For each value of an item, how many items were left out of the table because it is missing. */
  readonly missing?: ArrayLike<number>;
  /** Rows of the file that are no items, for what is missing in them or for another length. */
  readonly leftOut?: number;
  /** Values are whole numbers from 0 to 255. */
  readonly bytes?: boolean;
  readonly labels?: Labels;
  /** Writes the values of some items, one after the other, as they are. */
  read(indices: ArrayLike<number>, out: Float32Array): void | Promise<void>;
  /** Where an item stands in the file, counted from 0; left out where that is its index. */
  place?(index: number): number;
  /** The same in words, counted as people do. */
  where(index: number): string;
  close?(): Promise<void>;
}

/** The class of each item, an index into the names of the classes. */
export interface Labels {
  readonly classes: readonly string[];
  readonly numbers: Int32Array;
}
