/** The module of the page: what `src/fake/wasm.ts` is in Node. */

let compiled;

/** Unpacks and compiles the module, which is in the page as gzip in base64. To be awaited before the first instance. */
export async function load() {
  const bytes = Uint8Array.from(atob(document.getElementById('module').textContent), (each) => each.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  compiled = await WebAssembly.compile(await new Response(unpacked).arrayBuffer());
}

/** A new instance of the module. */
export const instantiate = (imports) => new WebAssembly.Instance(compiled, imports).exports;
