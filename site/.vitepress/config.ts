import { createRequire } from "node:module";
import { defineConfig } from "vitepress";
import { linksOfTheSite } from "../build/links.ts";
import { allPages, otherPages, placeOf } from "../build/pages.ts";
import { picturesOfFences } from "../build/pictures.ts";
import { sidebar } from "../build/sidebar.ts";

const pages = allPages();

/** As forges make them, so that a link to a heading works on both. */
const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#0d9488" stroke-width="3"><circle cx="16" cy="14" r="10"/><path d="M16 4v20M6 14h20M9 7l14 14M23 7L9 21"/></g><path d="M2 28q4-4 7 0t7 0 7 0 7 0" fill="none" stroke="#0284c7" stroke-width="3"/></svg>`;

const vitepress = createRequire(import.meta.url).resolve("vitepress");

export default defineConfig({
  title: "Millrace",
  description: "Durable, fair, budgeted jobs for slow AI work.",
  lang: "en",
  srcDir: "..",
  srcExclude: otherPages(),
  rewrites: Object.fromEntries(pages.map((page) => [page, placeOf(page)])),
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(favicon)}` }]],
  markdown: {
    anchor: { slugify: slug },
    attrs: { disable: true },
    config(md) {
      linksOfTheSite(md, new Set(pages));
      picturesOfFences(md);
    },
  },
  vite: {
    // The index of the search is one file.
    build: { chunkSizeWarningLimit: 4_000 },
    plugins: [
      {
        // Pages lie all over the repository, where no package has Vue: they take VitePress's own.
        name: "vue-of-vitepress",
        enforce: "pre",
        resolveId(source, _importer, options) {
          if (!/^vue(\/|$)/.test(source)) return undefined;
          return this.resolve(source, vitepress, { ...options, skipSelf: true });
        },
      },
    ],
  },
  themeConfig: {
    nav: [
      { text: "Documentation", link: "/docs/getting-started.md" },
      { text: "Reference", link: "/reference/client.md" },
      { text: "Charts", link: "/reference/charts.md" },
      { text: "Changelog", link: "/CHANGELOG.md" },
    ],
    sidebar: sidebar(),
    outline: { level: [2, 3] },
    search: { provider: "local" },
    docFooter: { prev: false, next: false },
    footer: { message: "Apache-2.0" },
  },
});
