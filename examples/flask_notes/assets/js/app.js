import { watchSearch } from "./search.js";

watchSearch(document.querySelector("[data-search]"));

for (const button of document.querySelectorAll("[data-read]")) {
  button.addEventListener("click", async () => {
    // Most visits never read a note large; what that takes comes with the first one that does.
    const { read } = await import("./lazy/reader.js");
    read(button.closest("[data-note]").querySelector("[data-text]").textContent);
  });
}
