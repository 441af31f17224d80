/** Shows, of the notes on the page, those that say what is typed. */
export function watchSearch(field) {
  const notes = [...document.querySelectorAll("[data-note]")];
  const nothing = document.querySelector("[data-nothing]");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const note of notes) {
      note.hidden = !note.querySelector("[data-text]").textContent.toLowerCase().includes(wanted);
    }
    nothing.hidden = notes.some((note) => !note.hidden);
  });
}
