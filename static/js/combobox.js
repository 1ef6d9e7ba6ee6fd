// A select with many options becomes a field that can be searched (ARIA: editable combobox with a list box).
// The select stays in the form and keeps the value: without scripts it is simply itself.
(() => {
  const FROM = 8; // fewer options are quicker to see than to search
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  const enhance = (select) => {
    if (select.options.length < FROM || select.dataset.enhanced) return;
    select.dataset.enhanced = "1";
    const id = select.id;
    const box = document.createElement("div");
    const input = document.createElement("input");
    const list = document.createElement("ul");
    let shown = [];
    let active = -1;

    box.className = "combobox";
    list.className = "combobox-list";
    list.id = `${id}-list`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    select.id = `${id}-value`;
    select.hidden = true;
    input.id = id;
    input.className = select.className;
    input.autocomplete = "off";
    input.spellcheck = false;
    list.setAttribute("aria-label", "Éléments offerts");
    const attributes = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": list.id };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    }

    const current = () => select.options[select.selectedIndex];
    const write = () => {
      input.value = current()?.value ? current().text : "";
      input.placeholder = select.options[0].text;
    };
    const mark = (index) => {
      active = index;
      shown.forEach(([item], place) => item.classList.toggle("active", place === index));
      const item = shown[index]?.[0];
      if (item) {
        input.setAttribute("aria-activedescendant", item.id);
        item.scrollIntoView({ block: "nearest" });
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    };
    const open = (words = "") => {
      const wanted = plain(words).split(/\s+/).filter(Boolean);
      const found = [...select.options].filter((option) => wanted.every((word) => plain(option.text).includes(word)));
      shown = found.map((option, place) => {
        const item = document.createElement("li");
        item.id = `${id}-option-${place}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(option === current()));
        item.textContent = option.text;
        return [item, option];
      });
      list.replaceChildren(...shown.map(([item]) => item));
      if (!shown.length) {
        const none = document.createElement("li");
        none.className = "none";
        none.setAttribute("role", "option");
        none.setAttribute("aria-disabled", "true");
        none.textContent = "Aucun élément ne correspond.";
        list.append(none);
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(wanted.length && shown.length ? 0 : shown.findIndex(([, option]) => option === current()));
    };
    const close = () => {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
      write();
    };
    const choose = (place) => {
      if (shown[place]) {
        shown[place][1].selected = true;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
      close();
    };

    input.addEventListener("click", () => { if (list.hidden) { open(); input.select(); } });
    input.addEventListener("input", () => open(input.value));
    input.addEventListener("blur", () => {
      if (!input.value.trim()) select.selectedIndex = 0;
      close();
    });
    input.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        if (list.hidden) open();
        else if (shown.length) mark((active + step + shown.length) % shown.length);
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        choose(active);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => choose(shown.findIndex(([item]) => item === event.target.closest("li"))));

    select.before(box);
    box.append(input, list, select);
    write();
  };

  const enhanceAll = () => document.querySelectorAll("select[data-combobox]").forEach(enhance);
  enhanceAll();
  document.addEventListener("htmx:afterSwap", enhanceAll);
})();
