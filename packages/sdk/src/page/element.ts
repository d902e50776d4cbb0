/// <reference lib="dom" />
import { isVaeError, reason, VaeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { type Deferred, deferred } from './deferred.js';
import { make } from './dom.js';
import type { Decoder } from './load-decoder.js';
import { type MountedDecoder, type MountOptions, mountDecoder } from './mount.js';
import { adopt } from './styles.js';
import { labelFor, setLabel } from './view.js';

export { drawTensor } from '../images/to-image.js';
export { type MountedDecoder, type MountOptions, mountDecoder } from './mount.js';

/** On a server the module is loaded too, where there are no elements. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** How far from the view a lazy element begins to load. */
const margin = '200px';

/** Errors that a latent itself can be the cause of. */
const latentCodes: readonly string[] = ['bad-input', 'not-finite'];

const attributes = [
  'src',
  'label',
  'controls',
  'limit',
  'sliders',
  'device',
  'wasm',
  'loading',
  'alt',
] as const;

/** Each is a property too: the attribute's text, null without; setting null takes it away. */
type Attributes = { [name in (typeof attributes)[number]]: string | null };

/**
 * `<vae-decoder src="/models/mnist-conv/"></vae-decoder>`: a decoder's picture, with controls for its latent.
 *
 * Attributes: `src` (URL of a model's folder), `label` (class of the picture, by name or number, of a conditional model: the
 * first when left out; what the reader chooses in the list of classes becomes it), `controls`, `limit`, `sliders`, `device` as for `mountDecoder`, `wasm`
 * (URL of a folder with the .wasm files of onnxruntime-web), `loading="lazy"` (wait until it comes into view), `alt`
 * (what screen readers call the picture; empty, nothing). Each is a property of the same name too. A change loads anew, but
 * for `label` and `alt`;
 * leaving the page frees the decoder. Without `src` it is empty, and `ready` waits for one.
 *
 * Events: `vae-load` (detail: decoder), `vae-decode` (detail: image, z and, of conditional models, label, the number of the
 * class), `vae-error` (detail: error).
 */
export class VaeDecoderElement extends Base implements Attributes {
  static readonly observedAttributes = attributes;
  declare src: string | null;
  declare label: string | null;
  declare controls: string | null;
  declare limit: string | null;
  declare sliders: string | null;
  declare device: string | null;
  declare wasm: string | null;
  declare loading: string | null;
  declare alt: string | null;
  readonly #root = this.attachShadow({ mode: 'open' });
  #ready: Deferred<Decoder> = deferred();
  #mounted: MountedDecoder | undefined;
  #loading: AbortController | undefined;
  /** A latent that waits for the model; after a change of other attributes, the one before. */
  #z: ArrayLike<number> | undefined;
  /** The model that `#z` is a latent of, where one has been loaded. */
  #zOf: string | null = null;
  /** The model that the label is of, where the reader chose it among its classes. */
  #labelOf: string | null = null;
  #failed = false;
  /** Of what was last shown, in CSS pixels; 0 before. */
  #height = 0;

  /**
   * Resolves when the first picture is there; rejects when loading failed, and with an AbortError when the element
   * left the page before. A new promise after a change.
   */
  get ready(): Promise<Decoder> {
    return this.#ready.promise;
  }

  get decoder(): Decoder | undefined {
    return this.#mounted?.decoder;
  }

  /**
   * The latent, flat; undefined before the model is there. Setting it draws its picture; null and undefined set the
   * middle of the latent space.
   */
  get z(): ArrayLike<number> | undefined {
    return this.#mounted?.z ?? this.#z;
  }

  set z(value: ArrayLike<number> | null | undefined) {
    if (this.#mounted) {
      this.#mounted.z = value;
      return;
    }
    this.#z = value ?? undefined;
    this.#zOf = null;
    // What failed may have failed because of the latent before.
    if (this.#failed) this.#reload();
  }

  connectedCallback(): void {
    adopt(this.#root);
    this.#takeEarly();
    this.#reload();
  }

  disconnectedCallback(): void {
    this.#unload();
    // Moved within the page, it is back at once, and who waits goes on waiting.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#ready.reject(
        new DOMException('vae-decoder: left the page before its first picture.', 'AbortError'),
      );
      this.#ready = deferred();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (name === 'label') this.#labelOf = null;
    // The same address again is another try.
    const again = name === 'src' && this.#failed;
    if ((before === now && !again) || !this.isConnected) return;
    if (name === 'alt') {
      this.#describe();
      return;
    }
    if (name === 'label' && !this.#failed) {
      if (this.#mounted) this.#drawClass(this.#mounted);
      return;
    }
    // It says when to load; what is loaded stays.
    if (name === 'loading' && this.#ready.settled) return;
    this.#reload();
  }

  /** Set before the element was defined, properties are its own and hide the accessors. */
  #takeEarly(): void {
    for (const name of ['z', ...attributes]) {
      if (!Object.hasOwn(this, name)) continue;
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      if (name !== 'z' || value) Reflect.set(this, name, value);
    }
  }

  #unload(): void {
    this.#loading?.abort();
    this.#loading = undefined;
    if (this.#mounted) {
      this.#z = this.#mounted.z;
      // Out of the page nothing has a height.
      this.#height = this.#mounted.canvas.parentElement!.offsetHeight || this.#height;
    }
    this.#mounted?.dispose().catch(() => {});
    this.#mounted = undefined;
    this.#root.replaceChildren();
    if (this.#ready.settled) this.#ready = deferred();
  }

  #reload(): void {
    this.#unload();
    const src = this.getAttribute('src');
    if (!this.isConnected || src === null) return;
    // A latent of one model means nothing to another.
    if (this.#zOf !== null && this.#zOf !== src) this.#z = undefined;
    this.#failed = false;
    // Nor does a class that the reader chose.
    if (this.#labelOf !== null && this.#labelOf !== src) this.label = null;
    const loading = new AbortController();
    this.#loading = loading;
    // Attributes tend to change several at a time; only the last change loads.
    queueMicrotask(() => {
      if (!loading.signal.aborted) void this.#load(src, loading.signal);
    });
  }

  async #load(src: string, signal: AbortSignal): Promise<void> {
    const status = make('p', { part: 'status', role: 'status' });
    // What is below it in the page stays where it is.
    if (this.#height > 0) status.style.minBlockSize = `${this.#height}px`;
    else if (this.controls === 'none') status.style.minBlockSize = 'var(--vae-size, 280px)';
    this.#root.append(status);
    if (this.getAttribute('loading') === 'lazy') await inView(this, signal);
    // Screen readers say that it loads; with every percent they would never come to an end.
    const percent = make('span', { 'aria-hidden': 'true' });
    status.append('Loading… ', percent);
    const { label } = this;
    const z = this.#z;
    try {
      const url = this.#url('src', src);
      const mounted = await mountDecoder(this.#root, url, {
        ...this.#options(),
        z,
        signal,
        onProgress: ({ file, loaded, total }) => {
          if (total) percent.textContent = `${file}: ${Math.floor((100 * loaded) / total)} %`;
        },
      });
      // Removed in the moment in which it was there.
      if (signal.aborted) return void mounted.dispose();
      this.#mounted = mounted;
      this.#zOf = src;
      this.#describe();
      this.#ready.resolve(mounted.decoder);
      if (this.label !== label) this.#drawClass(mounted);
      this.#drawLate(mounted, z);
      this.#tell('vae-load', { decoder: mounted.decoder });
    } catch (error) {
      if (signal.aborted) return;
      // What failed may have failed because of the label before.
      if (this.label !== label) return this.#reload();
      this.#failed = true;
      // A latent that cannot be drawn is not kept for the next model; one that nothing was found for is.
      if (isVaeError(error) && latentCodes.includes(error.code)) this.#zOf = src;
      this.#fail(error);
    } finally {
      status.remove();
    }
  }

  /** The latent may have been set while the model was loading. One that does not fit leaves the decoder as it is. */
  #drawLate(mounted: MountedDecoder, first: ArrayLike<number> | undefined): void {
    if (!this.#z || this.#z === first) return;
    try {
      mounted.z = this.#z;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The label may change while the model is loading, and later. One that is no class leaves the decoder as it is. */
  #drawClass(mounted: MountedDecoder): void {
    this.#clear();
    try {
      mounted.classLabel = this.label;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The attribute may change while the model is loading, and may go. */
  #describe(): void {
    if (!this.#mounted) return;
    const { canvas, decoder } = this.#mounted;
    setLabel(canvas, this.alt ?? labelFor(decoder));
  }

  #options(): MountOptions {
    const text = (name: string) => this.getAttribute(name) ?? undefined;
    const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
    const wasm = text('wasm');
    return {
      classLabel: text('label'),
      controls: text('controls') as MountOptions['controls'],
      limit: number('limit'),
      sliders: number('sliders'),
      device: text('device') as MountOptions['device'],
      ...(wasm !== undefined && { wasm: { paths: this.#url('wasm', wasm) } }),
      onClass: (name) => {
        this.label = name;
        this.#labelOf = this.src;
      },
      onDecode: (image, z, label) => {
        this.#clear();
        this.#tell('vae-decode', { image, z, label });
      },
      onError: (error) => this.#fail(error),
    };
  }

  #url(attribute: string, value: string): URL {
    let cause: unknown;
    try {
      // Empty, it would be the page's own.
      if (value.trim()) return new URL(value, this.baseURI);
    } catch (error) {
      cause = error;
    }
    const text = `vae-decoder: ${attribute} is '${value}', expected the URL of a folder.`;
    throw new VaeError('bad-option', text, { cause });
  }

  #clear(): void {
    this.#root.querySelector('[role=alert]')?.remove();
  }

  #fail(error: unknown): void {
    this.#clear();
    this.#root.append(make('p', { part: 'error', role: 'alert' }, reason(error)));
    this.#ready.reject(error);
    this.#tell('vae-error', { error });
  }

  #tell(type: keyof VaeDecoderEvents, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}

for (const name of attributes) {
  Object.defineProperty(VaeDecoderElement.prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: Element) {
      return this.getAttribute(name);
    },
    set(this: Element, value: unknown) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    },
  });
}

/** Settles when the element is near the view; at once where nothing tells (jsdom). */
function inView(element: Element, signal: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    if (!globalThis.IntersectionObserver) return settle();
    const seen = (entries: readonly IntersectionObserverEntry[]) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      settle();
    };
    const observer = new IntersectionObserver(seen, { rootMargin: margin });
    observer.observe(element);
    signal.addEventListener('abort', () => observer.disconnect());
  });
}

if (globalThis.customElements && !customElements.get('vae-decoder')) {
  customElements.define('vae-decoder', VaeDecoderElement);
}

export interface VaeDecoderEvents {
  'vae-load': CustomEvent<{ decoder: Decoder }>;
  'vae-decode': CustomEvent<{ image: Tensor; z: Float32Array; label: number | undefined }>;
  'vae-error': CustomEvent<{ error: unknown }>;
}

declare global {
  interface HTMLElementTagNameMap {
    'vae-decoder': VaeDecoderElement;
  }
  interface HTMLElementEventMap extends VaeDecoderEvents {}
}
