// Bundles the playground into app/graph/static: the page's module and style sheet, Monaco's three workers, fonts, and
// the licences of all that was bundled. `scripts/playground/build` installs the packages and calls this.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "..", "app", "graph", "static");

/** GraphiQL's style sheets hold 34 faces as data URIs: keep the upright Latin ones, as files. */
const fonts = {
  name: "fonts",
  setup({ onLoad, onResolve }) {
    const faces = new Map();
    onLoad({ filter: /@graphiql[\\/]react[\\/]font[\\/].*\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const kept = (css.match(/@font-face\s*{[^}]*}/g) ?? []).filter(
        (face) => /font-style:\s*normal/.test(face) && /U\+0000-00FF/.test(face),
      );
      const contents = kept.map((face) => {
        const weight = /font-weight:\s*(\d+)/.exec(face)[1];
        return face.replace(/url\(data:font\/(\w+);base64,([^)]*)\)/, (_, format, data) => {
          const name = `${basename(path, ".css")}-${weight}.${format}`;
          faces.set(name, Buffer.from(data, "base64"));
          return `url("face:${name}")`;
        });
      });
      return { contents: contents.join("\n"), loader: "css" };
    });
    onResolve({ filter: /^face:/ }, ({ path }) => ({ path: path.slice("face:".length), namespace: "face" }));
    onLoad({ filter: /.*/, namespace: "face" }, ({ path }) => ({ contents: faces.get(path), loader: "file" }));
  },
};

/** Features of Monaco's editor that a GraphQL operation or a JSON object has no use for (about a tenth of its code). */
const DROPPED_FEATURES = [
  "anchorSelect",
  "codelens",
  "colorPicker",
  "diffEditorBreadcrumbs",
  "dropOrPasteInto",
  "inPlaceReplace",
  "inlayHints",
  "inlineCompletions",
  "inlineEdit",
  "inlineEdits",
  "linkedEditing",
  "rename",
  "sectionHeaders",
  "semanticTokens",
  "stickyScroll",
];

/** Bundles less of the same: one copy of graphql, prettier without its JavaScript parser, Monaco's useful features. */
const slim = {
  name: "slim",
  setup({ onLoad, onResolve, resolve }) {
    // graphiql-explorer calls require("graphql"): without this rule all would get the CommonJS build, unshaken.
    onResolve({ filter: /^graphql$/ }, () => ({ path: join(here, "node_modules/graphql/index.mjs"), sideEffects: false }));
    onResolve({ filter: /^prettier\/(standalone|plugins\/estree|parser-babel)$/ }, ({ importer }) =>
      importer === join(here, "prettier.js") ? null : { path: join(here, "prettier.js") },
    );
    onResolve({ filter: /^prettier\/parser-graphql$/ }, ({ resolveDir }) =>
      resolve("prettier/plugins/graphql", { resolveDir, kind: "import-statement" }),
    );
    // Without process.env at run time, graphql takes its development branch here: slower, and it holds pages of advice.
    onLoad({ filter: /graphql[\\/]jsutils[\\/]instanceOf\.mjs$/ }, () => ({
      contents: "export const instanceOf = (value, constructor) => value instanceof constructor;",
    }));
    onLoad({ filter: /monaco-editor[\\/]esm[\\/]vs[\\/]editor[\\/]editor\.all\.js$/ }, async ({ path }) => {
      const lines = (await readFile(path, "utf8")).split("\n");
      const dropped = (line) => DROPPED_FEATURES.some((feature) => line.includes(`/contrib/${feature}/`));
      return { contents: lines.filter((line) => !dropped(line)).join("\n"), loader: "js" };
    });
  },
};

const shared = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  minify: true,
  sourcemap: false,
  legalComments: "none",
  metafile: true,
  charset: "utf8",
  target: ["chrome123", "firefox120", "safari17.5"],
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

/** The licences of the bundled packages for LICENSES.txt: each text once, under the packages that share it. */
async function licences(metafiles) {
  const packages = new Set();
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const holders = new Map();
  for (const path of [...packages].sort()) {
    const root = join(here, path);
    const { name, version, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const file = (await readdir(root)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(join(root, file), "utf8")).trim() : "";
    const key = text.replace(/\s+/g, " ");
    const holder = holders.get(key) ?? { names: [], text };
    holder.names.push(`${name} ${version} (${license})`);
    holders.set(key, holder);
  }
  const sections = [...holders.values()].map(({ names, text }) => `${names.join("\n")}\n\n${text}`.trim());
  return sections.join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const page = await build({
  ...shared,
  entryPoints: { playground: "playground.jsx" },
  format: "esm",
  jsx: "automatic",
  loader: { ".ttf": "file" },
  assetNames: "[name]-[hash]",
  plugins: [fonts, slim],
});

const workers = await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  format: "iife",
  plugins: [slim],
});

await writeFile(join(out, "LICENSES.txt"), await licences([page.metafile, workers.metafile]));
if (process.env.METAFILE) {
  await writeFile(process.env.METAFILE, JSON.stringify({ page: page.metafile, workers: workers.metafile }));
}
